"""Opportunities out of files: known by the ids they have there, taken in a chunk at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.target import (
    Cells,
    ImportContext,
    ImportField,
    ImportRow,
    ImportTarget,
    ParsedRow,
    RowOutcome,
    RowResult,
    reading_of,
    refused,
)
from chassis.foundation.clock import start_of_day
from chassis.records.tenant_settings import TenantSettings, settings_of
from kernel.currencies import precision
from kernel.money import Money
from l2o.accounts.store import ACCOUNTS
from l2o.imports.domain import OpportunityRow, alike, stage_named, without_repeats
from l2o.imports.schemas import OpportunityCells
from l2o.imports.store import Sold, accounts_named, active_people, all_products
from l2o.opportunities.actions import OpportunityDetails, Standing
from l2o.opportunities.actions.importing import TakenIn, Told, take_in_opportunities
from l2o.opportunities.domain import CLOSED, Stage
from l2o.opportunities.store import OPPORTUNITIES as OPPORTUNITIES_SEEN

SYSTEM = "import"  # the name under which `by-external-id` finds what came out of files


def _read(cells: Cells) -> ParsedRow[OpportunityRow]:
    body = dict(cells.fields)
    if "stage" in body:
        body["stage"] = stage_named(body["stage"])
    errors = [] if "account" in body else [Finding("ACCOUNT_MISSING", field="account")]
    missing = (
        [] if "engaged_date" in body else [Finding("ENGAGE_DATE_MISSING", field="engaged_date")]
    )
    reading = reading_of(
        OpportunityCells, {"account": "-", **body}, OpportunityCells.row, warnings=missing
    )
    errors += [*reading.errors, *([] if reading.value is None else _of_dates(reading.value))]
    return ParsedRow(errors=errors) if errors else reading


def _of_dates(row: OpportunityRow) -> list[Finding]:
    closed, engaged = row.closed_date, row.engaged_date
    if row.stage in CLOSED and closed is None:
        return [Finding("CLOSE_DATE_MISSING", field="closed_date")]
    if closed is not None and engaged is not None and closed < engaged:
        return [Finding("CLOSED_BEFORE_ENGAGED", field="closed_date")]
    return []


@dataclass(frozen=True, kw_only=True)
class Names:
    """What the names in a chunk stand for."""

    settings: TenantSettings
    accounts: Mapping[str, Sequence[UUID]]
    people: Mapping[str, Sequence[str]]
    products: Mapping[str, Sequence[UUID]]
    skus: Mapping[str, Sequence[UUID]]


async def _names(
    tx: AsyncConnection, rows: Sequence[OpportunityRow], context: ImportContext
) -> Names:
    visibility = await context.visibility(tx, ACCOUNTS.resource)
    sold = await all_products(tx) if any(row.product for row in rows) else Sold({}, {})
    return Names(
        settings=await settings_of(tx),
        accounts=await accounts_named(tx, {row.account for row in rows}, visibility),
        people=await active_people(tx, {row.owner for row in rows if row.owner}),
        products=sold.by_name,
        skus=sold.by_sku,
    )


async def _take(
    tx: AsyncConnection, rows: Sequence[ImportRow[OpportunityRow]], context: ImportContext
) -> list[RowResult]:
    names = await _names(tx, [row.value for row in rows], context)
    visibility = await context.visibility(tx, OPPORTUNITIES_SEEN.resource)
    answers: list[RowResult] = []
    for run in without_repeats([row.value for row in rows]):
        understood = [_understood(row, names, context) for row in run]
        told = [one.told for one in understood if one.told is not None]
        taken = iter(
            await take_in_opportunities(
                tx, told, system=SYSTEM, actor=context.actor, now=context.now, visibility=visibility
            )
        )
        answers += [
            refused(*one.findings) if one.told is None else _answer(next(taken), one.findings)
            for one in understood
        ]
    return answers


def _answer(taken: TakenIn, warnings: Sequence[Finding]) -> RowResult:
    if taken.refused_for is not None:
        return refused(Finding(taken.refused_for, field="external_id"))
    outcome = RowOutcome.UPDATED if taken.changed else RowOutcome.UNCHANGED
    return RowResult(
        outcome=RowOutcome.CREATED if taken.created else outcome,
        record_id=taken.opportunity_id,
        findings=[*warnings, *(Finding(code) for code in taken.remarks)],
    )


@dataclass(frozen=True)
class Understood:
    """A row with its names resolved, and warnings; without `told`, why it is refused."""

    told: Told | None
    findings: Sequence[Finding]


def _understood(row: OpportunityRow, names: Names, context: ImportContext) -> Understood:
    account, faults = _account(row, names)
    amount, more = _amount(row, names)
    faults += more
    if account is None or faults:
        return Understood(None, faults)
    product, product_name, warnings = _product(row, names)
    owner, more = _owner(row, names, context)
    timezone = names.settings.timezone
    details = OpportunityDetails(
        account_id=account,
        name=row.name or " · ".join(filter(None, (row.account, product_name)))[:200],
        amount=amount,
        expected_close_date=None if row.stage in CLOSED else row.closed_date,
        product_id=product,
        engaged_date=row.engaged_date,
    )
    closed_on = row.closed_date if row.stage in CLOSED else None
    told = Told(
        external_id=row.external_id,
        details=details,
        standing=Standing(
            stage=row.stage,
            lost_reason=row.lost_reason if row.stage is Stage.LOST else None,
            closed_at=None if closed_on is None else start_of_day(closed_on, timezone),
            closed_date=closed_on,
        ),
        engaged_at=None if row.engaged_date is None else start_of_day(row.engaged_date, timezone),
        owner_id=owner,
        is_named=row.name is not None,
    )
    return Understood(told, [*warnings, *more])


def _account(row: OpportunityRow, names: Names) -> tuple[UUID | None, list[Finding]]:
    found = names.accounts.get(row.account, ())
    if len(found) == 1:
        return found[0], []
    code = "ACCOUNT_AMBIGUOUS" if found else "ACCOUNT_UNKNOWN"
    return None, [Finding(code, params={"name": row.account}, field="account")]


def _amount(row: OpportunityRow, names: Names) -> tuple[Money | None, list[Finding]]:
    if row.amount is None:
        return None, []
    money = Money(row.amount, row.currency or names.settings.currency)
    if money.is_rounded:
        return money, []
    params = {"currency": money.currency, "digits": precision(money.currency)}
    return None, [Finding("AMOUNT_TOO_PRECISE", params=params, field="amount")]


def _product(row: OpportunityRow, names: Names) -> tuple[UUID | None, str | None, list[Finding]]:
    """What it sells and how that is called; a name that is only spelt otherwise is put right."""
    given = row.product
    if given is None:
        return None, None, []
    exact = given in names.products or given in names.skus
    name = given if exact else alike(given, names.products)
    found = names.products.get(name or "") or names.skus.get(name or "", ())
    if name is None or len(found) != 1:
        return None, given, [Finding("PRODUCT_UNKNOWN", params={"given": given}, field="product")]
    if name == given:
        return found[0], name, []
    params = {"given": given, "taken": name}
    return found[0], name, [Finding("PRODUCT_CORRECTED", params=params, field="product")]


def _owner(
    row: OpportunityRow, names: Names, context: ImportContext
) -> tuple[str | None, list[Finding]]:
    """Whoever is named, else the importer."""
    if row.owner is None:
        return context.actor, []
    found = names.people.get(row.owner, ())
    if len(found) == 1:
        return found[0], []
    return context.actor, [Finding("OWNER_UNKNOWN", params={"given": row.owner}, field="owner")]


OPPORTUNITIES = ImportTarget(
    kind="OPPORTUNITIES",
    scope="l2o.opportunity.write",
    fields=(
        ImportField("external_id", ("opportunity_id", "商机编号"), required=True),
        ImportField("account", ("account name", "客户", "客户名称"), required=True),
        ImportField("name", ("opportunity", "商机", "商机名称")),
        ImportField("owner", ("sales_agent", "销售", "负责人")),
        ImportField("product", ("产品",)),
        ImportField("stage", ("deal_stage", "阶段")),
        ImportField("engaged_date", ("engage_date", "接洽日期")),
        ImportField("closed_date", ("close_date", "关闭日期", "成交日期")),
        ImportField("amount", ("close_value", "金额")),
        ImportField("currency", ("币种",)),
        ImportField("lost_reason", ("输单原因",)),
    ),
    read=_read,
    take=_take,
)
