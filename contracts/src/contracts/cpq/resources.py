"""The resources of CPQ."""

from typing import Final

from contracts.resources import (
    DIRECTION,
    FINANCE,
    SALES,
    SALES_MANAGEMENT,
    common_resources,
    editable,
)

# Prices are set for all of sales, so directors keep them; managers sell by them.
RESOURCES: Final = (
    editable("cpq.product", zh="产品", en="product", read=SALES | FINANCE, write=DIRECTION),
    editable("cpq.price_book", zh="价目表", en="price book", read=SALES | FINANCE, write=DIRECTION),
    editable(
        "cpq.quote",
        zh="报价单",
        en="quote",
        read=SALES | FINANCE,
        write=SALES,
        sees_all=DIRECTION | FINANCE,
        owned=True,
        notices={
            "QUOTE_ACCEPTED": ("报价单已被接受", "Quote accepted"),
            "QUOTE_REJECTED": ("报价单已被拒绝", "Quote rejected"),
            "QUOTE_EXPIRED": ("报价单已过期", "Quote expired"),
        },
        aggregates=("cpq.attachment", "cpq.message_request"),
    ),
    editable("cpq.rule", zh="规则", en="rule", read=SALES_MANAGEMENT, write=DIRECTION),
    *common_resources("cpq", imports=DIRECTION, exports=SALES, asks_approvals=True),
)
