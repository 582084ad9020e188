"""The resources of MTL."""

from typing import Final

from contracts.resources import DIRECTION, SALES, common_resources, editable

RESOURCES: Final = (
    editable(
        "mtl.lead",
        zh="线索",
        en="lead",
        read=SALES,
        write=SALES,
        sees_all=DIRECTION,
        owned=True,
        tasks={"WORK_LEAD": ("跟进线索", "Follow up on a lead")},
    ),
    *common_resources("mtl", imports=SALES, exports=SALES),
)
