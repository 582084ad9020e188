"""The usual queries of large lists, which read at most three times the rows of a page.

A caller sees `all` records, those of most owners (`wide`), of ten (`manager`) or of one
(`seller`). Usual are the whole list, in every order for who sees most of it, and the list by one
value or by a range in its own order. A seller's list in another order is not: no index has both
the owner and the sort, so it reads the sort's index past the records of other owners.
"""

from chassis.records.lists.filters import EQUAL, RANGE

MOST_RECORDS = ("all", "wide")
# Filters whose values are found by several digests, which no index has in one order.
BY_DIGESTS = ("phone", "buyer_phone")


def is_usual(parameter: str, sort: str | None, visibility: str) -> bool:
    """Return whether a query by this filter, or by none, is usual for this caller."""
    if not parameter:
        return visibility in MOST_RECORDS or (visibility == "seller" and sort is None)
    if sort is not None or parameter in BY_DIGESTS:
        return False
    operation = parameter.partition("__")[2]
    if operation in RANGE:
        return visibility in MOST_RECORDS
    return operation == EQUAL and visibility == "all"
