"""The resources of CPQ."""

from typing import Final

from contracts.resources import FINANCE, SALES, SALES_MANAGEMENT, common_resources, editable

RESOURCES: Final = (
    editable("cpq.product", read=SALES | FINANCE, write=SALES_MANAGEMENT),
    editable("cpq.price_book", read=SALES | FINANCE, write=SALES_MANAGEMENT),
    editable(
        "cpq.quote",
        read=SALES | FINANCE,
        write=SALES,
        sees_all=FINANCE,
        owned=True,
        notices=("QUOTE_ACCEPTED", "QUOTE_REJECTED", "QUOTE_EXPIRED"),
    ),
    *common_resources("cpq", imports=SALES_MANAGEMENT, exports=SALES),
)
