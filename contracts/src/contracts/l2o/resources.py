"""The resources of L2O."""

from typing import Final

from contracts.resources import DIRECTION, FINANCE, SALES, common_resources, editable

SEES_ALL: Final = DIRECTION | FINANCE
RESOURCES: Final = (
    editable(
        "l2o.account",
        zh="客户",
        en="account",
        read=SALES | FINANCE,
        write=SALES,
        sees_all=SEES_ALL,
        owned=True,
    ),
    editable(
        "l2o.contact",
        zh="联系人",
        en="contact",
        read=SALES | FINANCE,
        write=SALES,
        sees_all=SEES_ALL,
        owned=True,
    ),
    editable(
        "l2o.opportunity",
        zh="商机",
        en="opportunity",
        read=SALES | FINANCE,
        write=SALES,
        sees_all=SEES_ALL,
        owned=True,
        tasks={"WORK_OPPORTUNITY": ("跟进商机", "Follow up on an opportunity")},
        aggregates=("l2o.conversion",),
    ),
    *common_resources("l2o", imports=SALES, exports=SALES),
)
