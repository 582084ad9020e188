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
        tasks={
            "WORK_LEAD": ("跟进线索", "Follow up on a lead"),
            "KEEP_LEAD": ("线索将被收回", "A lead is about to fall back"),
            "ACCEPT_LEAD": ("接受或退回线索", "Accept or refuse a lead"),
        },
        notices={
            "LEAD_RECYCLED": ("线索被收回", "A lead has fallen back"),
            "LEAD_MERGED_AWAY": ("线索被合并", "A lead was merged into another one"),
            "CUSTOMER_RETURNED": ("老客户再次咨询", "Customer returned"),
        },
        aggregates=("mtl.lead_touch", "mtl.conversion", "mtl.consent"),
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
    editable("mtl.pool", zh="线索池", en="lead pool", read=SALES, write=SALES_MANAGEMENT),
    editable("mtl.quota", zh="线索限额", en="lead quota", read=SALES_MANAGEMENT, write=DIRECTION),
    editable("mtl.channel", zh="渠道", en="channel", read=SALES_MANAGEMENT, write=SALES_MANAGEMENT),
    editable("mtl.capture", zh="收录", en="capture", read=SALES_MANAGEMENT, write=SALES_MANAGEMENT),
    editable(
        "mtl.capture_setting",
        zh="收录设置",
        en="capture setting",
        read=SALES_MANAGEMENT,
        write=DIRECTION,
    ),
    editable("mtl.bulk_change", zh="批量修改", en="bulk change", read=SALES, write=SALES),
    editable("mtl.rule", zh="规则", en="rule", read=SALES_MANAGEMENT, write=DIRECTION),
    *common_resources("mtl", imports=SALES, exports=SALES, asks_approvals=True),
)
