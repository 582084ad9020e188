"""The resources of CPQ."""

from typing import Final

from contracts.resources import FINANCE, SALES, SALES_MANAGEMENT, common_resources, editable

RESOURCES: Final = (
    editable("cpq.product", zh="产品", en="product", read=SALES | FINANCE, write=SALES_MANAGEMENT),
    editable(
        "cpq.price_book", zh="价目表", en="price book", read=SALES | FINANCE, write=SALES_MANAGEMENT
    ),
    editable(
        "cpq.quote",
        zh="报价单",
        en="quote",
        read=SALES | FINANCE,
        write=SALES,
        sees_all=FINANCE,
        owned=True,
        notices={
            "QUOTE_ACCEPTED": ("报价单已被接受", "Quote accepted"),
            "QUOTE_REJECTED": ("报价单已被拒绝", "Quote rejected"),
            "QUOTE_EXPIRED": ("报价单已过期", "Quote expired"),
        },
    ),
    *common_resources("cpq", imports=SALES_MANAGEMENT, exports=SALES),
)
