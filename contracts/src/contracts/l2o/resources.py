"""The resources of L2O."""

from functools import partial
from typing import Final

from contracts.resources import (
    DIRECTION,
    FINANCE,
    SALES,
    SALES_MANAGEMENT,
    common_resources,
    editable,
)

# Sales works by accounts and what hangs on them; finance reads all of it.
_owned = partial(
    editable,
    read=SALES | FINANCE,
    write=SALES,
    sees_all=DIRECTION | FINANCE,
    owned=True,
)
RESOURCES: Final = (
    _owned(
        "l2o.account",
        zh="客户",
        en="account",
        tasks={"REVIEW_ACCOUNT": ("复核客户", "Review an account")},
    ),
    _owned("l2o.contact", zh="联系人", en="contact"),
    _owned(
        "l2o.opportunity",
        zh="商机",
        en="opportunity",
        tasks={"WORK_OPPORTUNITY": ("跟进商机", "Follow up on an opportunity")},
        aggregates=("l2o.conversion",),
    ),
    _owned(
        "l2o.activity",
        zh="活动",
        en="activity",
        tasks={"ACTIVITY_NEXT_STEP": ("下一步", "Next step")},
    ),
    editable(
        "l2o.collision_policy", zh="撞单规则", en="collision policy", read=SALES, write=DIRECTION
    ),
    editable(
        "l2o.account_grade",
        zh="客户等级",
        en="account grade",
        read=SALES | FINANCE,
        write=SALES_MANAGEMENT,
    ),
    editable("l2o.rule", zh="规则", en="rule", read=SALES_MANAGEMENT, write=DIRECTION),
    editable("l2o.rfm_settings", zh="RFM 设置", en="RFM settings", read=SALES, write=DIRECTION),
    *common_resources(
        "l2o", imports=SALES, exports=SALES, asks_approvals=True, publishes_grants=True
    ),
)
