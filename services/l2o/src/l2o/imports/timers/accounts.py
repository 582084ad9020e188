"""Accounts out of files: known by their names, with parents that any row of the file may name."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
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
    RowResult,
    created,
    each,
    reading_of,
    refused,
    refused_for,
    unchanged,
    updated,
)
from chassis.records.access.visibility import Visibility
from chassis.records.custom_fields.cells import parse_custom_field_cells
from kernel.errors import DomainError
from kernel.money import Money
from l2o.accounts.actions import AccountDetails, create_account, edit_account
from l2o.accounts.store import ACCOUNTS as ACCOUNT_ROWS
from l2o.accounts.store import get, may_change
from l2o.imports.domain import SECTORS, AccountRow
from l2o.imports.schemas import AccountCells
from l2o.imports.store import accounts_named, country_code

ACCOUNT = ACCOUNT_ROWS.resource


def _read(cells: Cells) -> ParsedRow[AccountRow]:
    body: dict[str, Any] = {**cells.fields, "custom_fields": cells.custom}
    warnings = []
    sector = SECTORS.get(body.get("industry", "").casefold())
    if sector is not None:
        params = {"given": body["industry"], "taken": sector}
        warnings.append(Finding("SECTOR_CORRECTED", params=params, field="industry"))
        body["industry"] = sector
    country = body.pop("country", None)
    code = None if country is None else country_code(country)
    if code is not None:
        body["country"] = code
    elif country is not None:
        warnings.append(Finding("COUNTRY_UNKNOWN", params={"given": country}, field="country"))
    return reading_of(AccountCells, body, AccountCells.row, warnings=warnings)


async def _take(tx: AsyncConnection, row: AccountRow, context: ImportContext) -> RowResult:
    """A new account of the importer, or what the row says of the one of this name."""
    visibility = await context.visibility(tx, ACCOUNT)
    known = (await accounts_named(tx, [row.name], visibility)).get(row.name, [])
    if len(known) > 1:
        return refused(Finding("ACCOUNT_AMBIGUOUS", params={"name": row.name}, field="name"))
    if not known:
        told = {**_told(row), **await _custom(tx, row, None)}
        details = AccountDetails(name=row.name, **told)
        account = await create_account(tx, details, owner_id=context.actor, now=context.now)
        return created(account.id)
    before = await get(tx, known[0])
    told = {**_told(row), **await _custom(tx, row, before.custom_fields)}
    if replace(before, **told) != before and not await may_change(tx, before.id, visibility):
        return refused(Finding("RECORD_READ_ONLY", field="name"))
    after = await edit_account(tx, before.id, lambda one: replace(one, **told), now=context.now)
    return unchanged(before.id) if after.version == before.version else updated(before.id)


async def _custom(
    tx: AsyncConnection, row: AccountRow, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Where columns give any of the tenant's own fields."""
    if not row.custom_fields:
        return {}
    given = await parse_custom_field_cells(tx, ACCOUNT, row.custom_fields, before=before)
    return {"custom_fields": given}


def _told(row: AccountRow) -> dict[str, Any]:
    """What the row says; a blank cell says nothing."""
    revenue = row.revenue
    told = {
        "phone": row.phone,
        "industry": row.industry,
        "country": row.country,
        "founded_year": row.founded_year,
        "employees": row.employees,
        "annual_revenue": None if revenue is None else Money(revenue, row.currency).rounded(),
    }
    return {name: value for name, value in told.items() if value is not None}


async def _link(
    tx: AsyncConnection, rows: Sequence[ImportRow[AccountRow]], context: ImportContext
) -> list[RowResult]:
    """Parents, now that all of the file are there."""
    names = {row.value.parent for row in rows if row.value.parent is not None}
    visibility = await context.visibility(tx, ACCOUNT)
    known = await accounts_named(tx, names, visibility)
    return [await _put_below(tx, row, known, visibility, context.now) for row in rows]


async def _put_below(
    tx: AsyncConnection,
    row: ImportRow[AccountRow],
    known: dict[str, list[UUID]],
    visibility: Visibility,
    now: datetime,
) -> RowResult:
    name, account_id = row.value.parent, row.record_id
    assert account_id is not None, "a row that came in has its record"
    if name is None:
        return unchanged(account_id)
    found = known.get(name, [])
    if len(found) != 1:
        code = "PARENT_AMBIGUOUS" if found else "PARENT_UNKNOWN"
        return unchanged(account_id, Finding(code, params={"given": name}, field="parent"))
    if (await get(tx, account_id)).parent_id == found[0]:
        return unchanged(account_id)
    if not await may_change(tx, account_id, visibility):
        return unchanged(account_id, Finding("RECORD_READ_ONLY", field="parent"))
    try:
        async with tx.begin_nested():
            await edit_account(
                tx, account_id, lambda one: replace(one, parent_id=found[0]), now=now
            )
    except DomainError as error:
        return unchanged(account_id, *refused_for(error).findings)
    return updated(account_id)


NAMES = ("account", "account name", "company", "客户", "客户名称")
ACCOUNTS = ImportTarget(
    kind="ACCOUNTS",
    scope="l2o.account.write",
    fields=(
        ImportField("name", NAMES, required=True),
        ImportField("phone", ("电话", "联系电话")),
        ImportField("industry", ("sector", "行业")),
        ImportField("country", ("office_location", "国家", "所在国家")),
        ImportField("founded_year", ("year_established", "成立年份")),
        ImportField("employees", ("员工数", "员工人数")),
        ImportField("revenue", ("年收入（百万）", "annual revenue (millions)")),
        ImportField("currency", ("币种",)),
        ImportField("parent", ("subsidiary_of", "parent account", "上级客户", "母公司")),
    ),
    read=_read,
    take=each(_take),
    link=_link,
    custom=ACCOUNT,
)
