"""The resources of MTL."""

from typing import Final

from contracts.resources import DIRECTION, SALES, SALES_MANAGEMENT, common_resources, editable

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
        notices={"LEAD_MERGED_AWAY": ("线索被合并", "A lead was merged into another one")},
        aggregates=("mtl.lead_touch",),
    ),
    editable(
        "mtl.follow_up",
        zh="跟进记录",
        en="follow-up",
        read=SALES,
        write=SALES,
        sees_all=DIRECTION,
        owned=True,
        tasks={"NEXT_STEP": ("下一步", "Next step")},
    ),
    editable("mtl.rule", zh="规则", en="rule", read=SALES_MANAGEMENT, write=DIRECTION),
    *common_resources("mtl", imports=SALES, exports=SALES),
)
