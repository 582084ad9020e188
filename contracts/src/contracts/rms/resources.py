"""The resources of RMS."""

from typing import Final

from contracts.resources import (
    DIRECTION,
    FINANCE,
    SALES,
    SALES_MANAGEMENT,
    common_resources,
    editable,
)

SALES_AND_FINANCE: Final = SALES | FINANCE
SEES_ALL: Final = DIRECTION | FINANCE
RESOURCES: Final = (
    editable(
        "rms.order",
        zh="订单",
        en="order",
        read=SALES_AND_FINANCE,
        write=SALES_AND_FINANCE,
        sees_all=SEES_ALL,
        owned=True,
    ),
    editable(
        "rms.payment",
        zh="回款",
        en="payment",
        read=SALES_AND_FINANCE,
        write=SALES_MANAGEMENT | FINANCE,
        sees_all=SEES_ALL,
        owned=True,
        notices={"PAYMENT_REVERSED": ("回款被冲销", "Payment reversed")},
    ),
    editable(
        "rms.receivable",
        zh="应收款",
        en="receivable",
        read=SALES_AND_FINANCE,
        write=FINANCE,
        sees_all=SEES_ALL,
        owned=True,
        notices={"RECEIVABLE_OVERDUE": ("应收款逾期", "Receivable overdue")},
        tasks={"COLLECT_RECEIVABLE": ("催收应收款", "Collect a receivable")},
    ),
    editable(
        "rms.payment_term", zh="付款条件", en="payment term", read=SALES_AND_FINANCE, write=FINANCE
    ),
    # FINANCE numbers what is posted.
    *common_resources(
        "rms", imports=FINANCE, exports=SALES_AND_FINANCE, numberers=FINANCE, asks_approvals=True
    ),
)
