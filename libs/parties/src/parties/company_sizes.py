"""How many people work for a company, in bands, and how cells of files spell it."""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class CompanySize(StrEnum):
    """How many people work for a company."""

    UNDER_20 = "UNDER_20"
    FROM_20 = "FROM_20"
    FROM_100 = "FROM_100"
    FROM_500 = "FROM_500"
    FROM_1000 = "FROM_1000"
    FROM_10000 = "FROM_10000"


_NUMBER: Final = re.compile(r"\d+")
_UNDER: Final = re.compile(r"under|less|<|少于|以下|不足", re.IGNORECASE)
_LEAST: Final[Mapping[int, CompanySize]] = {
    10000: CompanySize.FROM_10000,
    1000: CompanySize.FROM_1000,
    500: CompanySize.FROM_500,
    100: CompanySize.FROM_100,
    20: CompanySize.FROM_20,
    0: CompanySize.UNDER_20,
}


def size_of(people: int) -> CompanySize:
    """Return the band of a number of people."""
    return next(size for least, size in _LEAST.items() if people >= least)


def size_of_cell(cell: str) -> str:
    """Return the band of a number of people, such as `150`, `100-499人` or `少于20人`.

    The first number counts; after "under" the band below it. Another text is returned as it is.
    """
    found = _NUMBER.search(cell.replace(",", ""))
    if cell.upper() in CompanySize.__members__ or found is None:
        return cell.upper()
    return size_of(max(int(found[0]) - bool(_UNDER.search(cell)), 0))
