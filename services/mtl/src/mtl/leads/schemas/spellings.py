"""How people and other systems spell the values of a lead: in cells of files, in payloads."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from chassis.records.country_names import country_code
from parties.company_sizes import size_of_cell
from parties.regions import region_code_of_cell
from parties.tags import tags_of_cell

CURRENCY_FIELD: Final = "budget_currency"

_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "company_size": size_of_cell,
    "country": lambda cell: country_code(cell) or cell,
    "region_code": region_code_of_cell,
    "tags": tags_of_cell,
}


def read_cells(cells: Mapping[str, str]) -> dict[str, Any]:
    """Return the cells of a row as values of the body of a lead."""
    body: dict[str, Any] = {
        name: _READERS[name](cell) if name in _READERS else cell for name, cell in cells.items()
    }
    currency = body.pop(CURRENCY_FIELD, None)
    if "budget" in body:
        body["budget"] = {"amount": body["budget"], "currency": currency}
    return body
