"""The resources of XSERVICE."""

from typing import Final

from contracts.resources import SALES, common_resources

RESOURCES: Final = (
    *common_resources("xservice", imports=SALES, exports=SALES),
)
