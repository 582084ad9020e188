"""Rows of a file of opportunities: their cells, and how other systems name the stages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, Field

from chassis.files.formats.findings import Finding
from chassis.files.imports.named_rows import DEFAULT_SYSTEM
from chassis.files.imports.target import Cells, ParsedRow, validate_row
from chassis.records.external_ids.routes import SYSTEM_PATTERN
from kernel.business_dates import BusinessDate
from kernel.currencies import CurrencyCode
from kernel.decimals import AmountDecimal
from kernel.names import comparable_name
from kernel.texts import TrimmedText
from l2o.opportunities.domain import CLOSED_STAGES, Stage
from l2o.opportunities.schemas import LossReason, OpportunityName

# Names of stages in other systems and in Chinese; our own codes are accepted as well.
STAGE_NAMES = {
    "prospecting": Stage.FIRST_CONTACT,
    "engaging": Stage.SOLUTION,
    "closed won": Stage.WON,
    "closed lost": Stage.LOST,
    "初步接触": Stage.FIRST_CONTACT,
    "方案": Stage.SOLUTION,
    "报价": Stage.QUOTATION,
    "投标": Stage.BIDDING,
    "谈判": Stage.NEGOTIATION,
    "签约": Stage.SIGNING,
    "赢单": Stage.WON,
    "输单": Stage.LOST,
}
ReferenceName = Annotated[str, TrimmedText(min_length=1, max_length=200)]


@dataclass(frozen=True, kw_only=True)
class OpportunityRow:
    """A row of a file of opportunities; account, owner and product are given by their names.

    `custom_fields` are texts.
    """

    external_id: str
    account: str
    external_system: str = DEFAULT_SYSTEM
    name: str | None = None
    owner: str | None = None
    product: str | None = None
    stage: Stage = Stage.FIRST_CONTACT
    engaged_date: date | None = None
    closed_date: date | None = None
    amount: Decimal | None = None
    currency: str | None = None
    lost_reason: str | None = None
    custom_fields: Mapping[str, str] = field(default_factory=dict)


class OpportunityCells(BaseModel):
    """The cells of a row; `closed_date` is when it was won or lost, else when it is expected."""

    external_id: ReferenceName
    external_system: Annotated[str, Field(pattern=SYSTEM_PATTERN)] = DEFAULT_SYSTEM
    account: ReferenceName
    name: OpportunityName | None = None
    owner: ReferenceName | None = None
    product: ReferenceName | None = None
    stage: Stage = Stage.FIRST_CONTACT
    engaged_date: BusinessDate | None = None
    closed_date: BusinessDate | None = None
    amount: AmountDecimal | None = None
    currency: CurrencyCode | None = None
    lost_reason: LossReason | None = None
    custom_fields: dict[str, str] = {}

    def row(self) -> OpportunityRow:
        """The validated row."""
        return OpportunityRow(**dict(self))


def parse_opportunity_row(cells: Cells) -> ParsedRow[OpportunityRow]:
    """Validate a row; report all its errors, and warn if it has no engaged date."""
    body: dict[str, Any] = {**cells.fields, "custom_fields": cells.custom}
    if "stage" in body:
        body["stage"] = stage_code(body["stage"])
    errors = [] if "account" in body else [Finding("ACCOUNT_MISSING", field="account")]
    warnings = (
        [] if "engaged_date" in body else [Finding("ENGAGE_DATE_MISSING", field="engaged_date")]
    )
    # The placeholder lets the other cells be validated even if the account is missing.
    parsed = validate_row(
        OpportunityCells, {"account": "-", **body}, OpportunityCells.row, warnings=warnings
    )
    errors += parsed.errors
    if parsed.value is not None:
        errors += _date_errors(parsed.value)
    return ParsedRow(errors=errors) if errors else parsed


def stage_code(name: str) -> str:
    """The code of a stage; an unknown name in upper case, which validation then refuses."""
    return STAGE_NAMES.get(comparable_name(name), name.upper())


def _date_errors(row: OpportunityRow) -> list[Finding]:
    closed, engaged = row.closed_date, row.engaged_date
    if row.stage in CLOSED_STAGES and closed is None:
        return [Finding("CLOSE_DATE_MISSING", field="closed_date")]
    if closed is not None and engaged is not None and closed < engaged:
        return [Finding("CLOSED_BEFORE_ENGAGED", field="closed_date")]
    return []


def split_at_repeats(rows: Sequence[OpportunityRow]) -> list[list[OpportunityRow]]:
    """Split the rows, in order: each part is of one system and has no external id twice.

    A repeated opportunity must be compared with the state that the earlier row has saved.
    """
    parts: list[list[OpportunityRow]] = [[]]
    ids_in_part: set[str] = set()
    for row in rows:
        is_of_system = not parts[-1] or parts[-1][0].external_system == row.external_system
        if row.external_id in ids_in_part or not is_of_system:
            parts.append([])
            ids_in_part.clear()
        parts[-1].append(row)
        ids_in_part.add(row.external_id)
    return parts
