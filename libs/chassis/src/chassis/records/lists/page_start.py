"""Where a page of a list begins: after the row of its cursor, or at its number."""

from typing import Any

from chassis.records.lists.list_query import MAX_NUMBERED_ROWS
from chassis.records.lists.list_search import ListSearch
from chassis.web.pages import PageRequest, decode_cursor
from kernel.errors import Invalid, Violation


def rows_before(page: PageRequest, number: int | None) -> int:
    """Return how many rows precede the page of this number; 0 without a number.

    Raises Invalid (CURSOR_WITH_PAGE; TOO_LARGE if the page ends after 10,000 rows).
    """
    if number is None:
        return 0
    last = MAX_NUMBERED_ROWS // page.limit
    violations = []
    if page.cursor is not None:
        violations.append(Violation("?page", "CURSOR_WITH_PAGE"))
    if number > last:
        violations.append(Violation("?page", "TOO_LARGE", {"relation": "<=", "limit": last}))
    if violations:
        raise Invalid(violations)
    return (number - 1) * page.limit


def page_start(page: PageRequest, search: ListSearch) -> list[Any] | None:
    """Return the values of the row before the page; None for the first page.

    Raises Invalid (CURSOR_INVALID).
    """
    return None if page.cursor is None else decode_cursor(page, search.order)
