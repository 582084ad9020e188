"""The resources of L2O."""

from typing import Final

from contracts.resources import FINANCE, SALES, common_resources, editable

RESOURCES: Final = (
    editable("l2o.account", read=SALES | FINANCE, write=SALES, sees_all=FINANCE, owned=True),
    editable("l2o.contact", read=SALES | FINANCE, write=SALES, sees_all=FINANCE, owned=True),
    editable("l2o.opportunity", read=SALES | FINANCE, write=SALES, sees_all=FINANCE, owned=True),
    *common_resources("l2o", imports=SALES, exports=SALES),
)
