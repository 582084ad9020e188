"""How the cells of a row of accounts are read."""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from chassis.files.formats.findings import Finding
from chassis.files.imports.target import Cells, ParsedRow, validate_row
from chassis.records.codes import CountryCode, LanguageTag
from chassis.records.contact_points import Email, PhoneOfParent
from chassis.records.country_names import country_code
from chassis.records.custom_fields.cells import whole_number
from kernel.currencies import CurrencyCode
from kernel.decimals import DecimalString, ensure_no_card_number
from kernel.names import comparable_name
from kernel.texts import TrimmedText
from l2o.accounts.domain import AccountKind, AccountRow
from l2o.accounts.schemas import (
    POINT_FIELDS,
    AccountKinds,
    AccountName,
    Description,
    Employees,
    FoundedYear,
    Industry,
    PaymentTermCode,
    PersonName,
)
from l2o.texts import TEXTS
from parties.company_sizes import CompanySize, size_of_cell
from parties.fields import RegionCode, Uscc, Website
from parties.industries import IndustrySection, section_of_cell
from parties.point_schemas import EmailPoints, PhonePoints, WebsitePoints, cells_as
from parties.regions import region_code_of_cell
from parties.tag_schemas import Tags
from parties.tags import tags_of_cell

MILLION: Final = 1_000_000


class AccountCells(BaseModel):
    """The cells of a row; `revenue` in millions, of US dollars unless a currency is given.

    A telephone number is one of the account's country, which the row need not repeat.
    """

    name: AccountName
    industry: Industry | None = None
    country: CountryCode | None = None
    founded_year: Annotated[FoundedYear, BeforeValidator(whole_number)] | None = None
    employees: Annotated[Employees, BeforeValidator(whole_number)] | None = None
    phone: PhoneOfParent | None = None
    revenue: (
        Annotated[DecimalString, AfterValidator(ensure_no_card_number), Field(ge=0, lt=10**9)]
        | None
    ) = None
    currency: CurrencyCode = "USD"
    parent: AccountName | None = None
    kinds: AccountKinds | None = None
    uscc: Uscc | None = None
    legal_representative: PersonName | None = None
    industry_section: IndustrySection | None = None
    company_size: CompanySize | None = None
    region_code: RegionCode | None = None
    email: Email | None = None
    website: Website | None = None
    trading_currency: CurrencyCode | None = None
    language: LanguageTag | None = None
    payment_term_code: PaymentTermCode | None = None
    description: Description | None = None
    tags: Tags | None = None
    phones: PhonePoints = []
    emails: EmailPoints = []
    websites: WebsitePoints = []
    address: Annotated[str, TrimmedText(min_length=1, max_length=300)] | None = None
    custom_fields: dict[str, str] = {}

    def row(self) -> AccountRow:
        """The validated row, with the revenue in units of the currency."""
        revenue = None if self.revenue is None else self.revenue * MILLION
        own = AccountRow.__dataclass_fields__
        given = {name: value for name, value in self if name in own and name not in POINT_FIELDS}
        more = {name: value for name in _FURTHER_CELLS if (value := getattr(self, name))}
        if self.kinds:
            more["kinds"] = tuple(kind.value for kind in self.kinds)
        if self.trading_currency:
            more["currency"] = self.trading_currency
        points = {name: getattr(self, name) for name in POINT_FIELDS}
        return AccountRow(**{**given, "revenue": revenue}, more=more, points=points)


_FURTHER_CELLS: Final = (
    "uscc",
    "legal_representative",
    "industry_section",
    "company_size",
    "region_code",
    "email",
    "website",
    "language",
    "payment_term_code",
    "description",
    "tags",
)
# Frequent misspellings; a warning reports each correction.
INDUSTRY_CORRECTIONS = {"technolgy": "technology"}
# The second is the everyday name of one of two countries.
_COUNTRY_CORRECTIONS = {"philipines": "PH", "korea": "KR"}


def _country(given: str) -> tuple[str, list[Finding]]:
    """The code of a country, with a warning if its name was corrected; else what was given."""
    corrected = _COUNTRY_CORRECTIONS.get(comparable_name(given))
    if corrected is None:
        return country_code(given) or given, []
    params = {"given": given, "taken": corrected}
    return corrected, [Finding("COUNTRY_CORRECTED", params=params, field="country")]


_KINDS: Final = {
    comparable_name(name): kind.value
    for kind in AccountKind
    for name in TEXTS[f"AccountKind.{kind}"]
}
_CELL_ENDS: Final = re.compile(r"[;；,，、\n]")


def _kinds_of_cell(cell: str) -> list[str]:
    """Return the kinds that a cell names by their codes or labels; other words as they are."""
    words = [word.strip() for word in _CELL_ENDS.split(cell) if word.strip()]
    return [_KINDS.get(comparable_name(word), word.upper()) for word in words]


_READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "kinds": _kinds_of_cell,
    "industry_section": section_of_cell,
    "company_size": size_of_cell,
    "region_code": region_code_of_cell,
    "tags": tags_of_cell,
    "trading_currency": str.upper,
    "phones": cells_as("phone"),
    "emails": cells_as("email"),
    "websites": cells_as("website"),
}


def parse_account_row(cells: Cells) -> ParsedRow[AccountRow]:
    """Validate a row like the body of a request; correct the industry, look up the country."""
    read = {name: _READERS.get(name, str)(cell) for name, cell in cells.fields.items()}
    body: dict[str, Any] = {**read, "custom_fields": cells.custom}
    warnings = []
    industry = INDUSTRY_CORRECTIONS.get(comparable_name(body.get("industry", "")))
    if industry is not None:
        params = {"given": body["industry"], "taken": industry}
        warnings.append(Finding("SECTOR_CORRECTED", params=params, field="industry"))
        body["industry"] = industry
    if "country" in body:
        country, correction = _country(body["country"])
        body["country"] = country
        warnings += correction
    return validate_row(AccountCells, body, AccountCells.row, warnings=warnings)
