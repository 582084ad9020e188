"""How much of an order counts as ordered."""

from contracts.rms.events import OrderState
from kernel.money import Money

# An order counts while it is confirmed; an amended order is open until it is confirmed again.
NOT_ORDERED = frozenset({"OPEN", "CANCELLED"})


def ordered_amount(order: OrderState) -> Money:
    """The gross amount that is ordered: `gross_total - cancelled_total` of a confirmed order."""
    if order.status in NOT_ORDERED:
        return Money.zero(order.currency)
    return order.gross_total - (order.cancelled_total or Money.zero(order.currency))
