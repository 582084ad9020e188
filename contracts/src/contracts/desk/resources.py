"""The resources of DESK."""

from typing import Final

from contracts.resources import SALES, common_resources

RESOURCES: Final = (*common_resources("desk", imports=SALES, exports=SALES),)
