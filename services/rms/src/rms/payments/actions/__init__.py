"""What is done with payments."""

from rms.payments.actions.money import (
    Allocated,
    allocate_as_chosen,
    allocate_oldest_first,
    refund_payment,
    reverse_allocation,
    reverse_payment,
)
from rms.payments.actions.records import (
    Details,
    edit_payment,
    receive_payment,
    transfer_payment,
)

__all__ = [
    "Allocated",
    "Details",
    "allocate_as_chosen",
    "allocate_oldest_first",
    "edit_payment",
    "receive_payment",
    "refund_payment",
    "reverse_allocation",
    "reverse_payment",
    "transfer_payment",
]
