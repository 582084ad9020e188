"""How people and other systems spell the values of a lead: in cells of files, in payloads."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from chassis.records.country_names import country_code
from mtl.leads.domain.details import CompanySize
from parties.regions import region_of_text

CURRENCY_FIELD: Final = "budget_currency"

_TAG_ENDS = re.compile(r"[;；,，、\n]")
_NUMBER = re.compile(r"\d+")
_SIZES: Final[Mapping[int, CompanySize]] = {
    10000: CompanySize.FROM_10000,
    1000: CompanySize.FROM_1000,
    500: CompanySize.FROM_500,
    100: CompanySize.FROM_100,
    20: CompanySize.FROM_20,
    0: CompanySize.UNDER_20,
}


def size_of_cell(cell: str) -> str:
    """Return the band of a number of people, such as `150`, `100-499人` or `少于20人`.

    The first number counts; after "under" the band below it. Another text is returned as it is.
    """
    found = _NUMBER.search(cell.replace(",", ""))
    if cell.upper() in CompanySize.__members__ or found is None:
        return cell.upper()
    people = int(found[0]) - bool(re.search(r"under|less|<|少于|以下|不足", cell, re.IGNORECASE))
    return next(size for least, size in _SIZES.items() if people >= least)


def _region_of_cell(cell: str) -> str:
    region = region_of_text(cell)
    return cell if region is None else region.code


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "company_size": size_of_cell,
    "country": lambda cell: country_code(cell) or cell,
    "region_code": _region_of_cell,
    "tags": lambda cell: [tag for part in _TAG_ENDS.split(cell) if (tag := part.strip())],
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
