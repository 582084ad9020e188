"""The resources of MTL."""

from typing import Final

from contracts.resources import DIRECTION, SALES, common_resources, editable

RESOURCES: Final = (
    editable("mtl.lead", read=SALES, write=SALES, sees_all=DIRECTION, owned=True),
    *common_resources("mtl", imports=SALES, exports=SALES),
)
