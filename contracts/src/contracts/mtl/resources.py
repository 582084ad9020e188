"""The resources of MTL."""

from typing import Final

from contracts.resources import SALES, common_resources, editable

RESOURCES: Final = (
    editable("mtl.lead", read=SALES, write=SALES, owned=True),
    *common_resources("mtl", imports=SALES, exports=SALES),
)
