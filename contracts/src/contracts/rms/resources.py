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
        "rms.order", read=SALES_AND_FINANCE, write=SALES_AND_FINANCE, sees_all=SEES_ALL, owned=True
    ),
    editable(
        "rms.payment",
        read=SALES_AND_FINANCE,
        write=SALES_MANAGEMENT | FINANCE,
        sees_all=SEES_ALL,
        owned=True,
        notices=("PAYMENT_REVERSED",),
    ),
    editable(
        "rms.receivable",
        read=SALES_AND_FINANCE,
        write=FINANCE,
        sees_all=SEES_ALL,
        owned=True,
        notices=("RECEIVABLE_OVERDUE",),
    ),
    editable("rms.payment_term", read=SALES_AND_FINANCE, write=FINANCE),
    # FINANCE numbers what is posted.
    *common_resources("rms", exports=SALES_AND_FINANCE, numberers=FINANCE),
)
