"""The resources of L2O."""

from typing import Final

from contracts.resources import DIRECTION, FINANCE, SALES, common_resources, editable

SEES_ALL: Final = DIRECTION | FINANCE
RESOURCES: Final = (
    editable("l2o.account", read=SALES | FINANCE, write=SALES, sees_all=SEES_ALL, owned=True),
    editable("l2o.contact", read=SALES | FINANCE, write=SALES, sees_all=SEES_ALL, owned=True),
    editable("l2o.opportunity", read=SALES | FINANCE, write=SALES, sees_all=SEES_ALL, owned=True),
    *common_resources("l2o", imports=SALES, exports=SALES),
)
