"""The resources of CPQ."""

from typing import Final

from contracts.resources import DIRECTION, FINANCE, SALES, common_resources, editable

# Prices are set for all of sales, so directors keep them; managers sell by them.
RESOURCES: Final = (
    editable("cpq.product", read=SALES | FINANCE, write=DIRECTION),
    editable("cpq.price_book", read=SALES | FINANCE, write=DIRECTION),
    editable(
        "cpq.quote",
        read=SALES | FINANCE,
        write=SALES,
        sees_all=DIRECTION | FINANCE,
        owned=True,
        notices=("QUOTE_ACCEPTED", "QUOTE_REJECTED", "QUOTE_EXPIRED"),
    ),
    *common_resources("cpq", imports=DIRECTION, exports=SALES),
)
