"""Import of accounts from files: they are matched by name, with parents anywhere in the file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from babel import Locale
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
    refused,
    refused_for,
    row_by_row,
    unchanged,
    updated,
    validate_row,
)
from chassis.records.access.visibility import Visibility
from chassis.records.custom_fields.cells import parse_custom_field_cells
from chassis.web.commands import Command
from kernel.errors import DomainError
from kernel.ids import new_id
from l2o.accounts import store
from l2o.accounts.actions import create_account, edit_account
from l2o.accounts.domain import Account, AccountRow
from l2o.accounts.schemas import AccountCells
from l2o.accounts.store import ACCOUNT

RESOURCE = store.ACCOUNTS.resource
# Frequent misspellings; a warning reports each correction.
INDUSTRY_CORRECTIONS = {"technolgy": "technology"}
_LANGUAGES = (Locale("en"), Locale("zh", script="Hans"))
# Two-letter codes of CLDR that are not countries of ISO 3166-1.
_NO_COUNTRIES = {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"}
_COUNTRY_ALIASES = {
    "usa": "US",
    "united states of america": "US",
    "uk": "GB",
    "great britain": "GB",
}


@cache
def _countries() -> dict[str, str]:
    """Country codes by code and by name, in English and in Chinese."""
    by_name = {
        name.casefold(): code
        for language in _LANGUAGES
        for code, name in language.territories.items()
        if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES
    }
    by_code = {code.casefold(): code for code in by_name.values()}
    return {**by_code, **by_name, **_COUNTRY_ALIASES}


def country_code(name: str) -> str | None:
    """The ISO 3166-1 code of a country; None for the name of no country or of several."""
    return _countries().get(name.casefold())


def _parse_account_row(cells: Cells) -> ParsedRow[AccountRow]:
    """Validate a row like the body of a request; correct the industry, look up the country."""
    body: dict[str, Any] = {**cells.fields, "custom_fields": cells.custom}
    warnings = []
    industry = INDUSTRY_CORRECTIONS.get(body.get("industry", "").casefold())
    if industry is not None:
        params = {"given": body["industry"], "taken": industry}
        warnings.append(Finding("SECTOR_CORRECTED", params=params, field="industry"))
        body["industry"] = industry
    country = body.pop("country", None)
    code = None if country is None else country_code(country)
    if code is not None:
        body["country"] = code
    elif country is not None:
        warnings.append(Finding("COUNTRY_UNKNOWN", params={"given": country}, field="country"))
    return validate_row(AccountCells, body, AccountCells.row, warnings=warnings)


async def _import_account(
    tx: AsyncConnection, row: AccountRow, context: ImportContext
) -> RowResult:
    """Create the account for the importer, or edit the visible account of this name."""
    command = Command(tx, context.now, actor=context.actor)
    visibility = await context.visibility(tx, RESOURCE)
    matches = (await store.lock_visible_by_name(tx, [row.name], visibility)).get(row.name, [])
    if len(matches) > 1:
        return refused(Finding("ACCOUNT_AMBIGUOUS", params={"name": row.name}, field="name"))
    if not matches:
        new = await _new_account(tx, row, context)
        account = await create_account(command, new, validate=bool(row.custom_fields))
        return created(account.id)
    before = await ACCOUNT.get(tx, matches[0])
    values = {**row.edited_values(), **await _custom_fields(tx, row, before.custom_fields)}
    is_change = replace(before, **values) != before
    if is_change and not await store.may_write(tx, before.id, visibility):
        return refused(Finding("RECORD_READ_ONLY", field="name"))
    after = await edit_account(command, before.id, lambda account: replace(account, **values))
    return unchanged(before.id) if after.version == before.version else updated(before.id)


async def _new_account(tx: AsyncConnection, row: AccountRow, context: ImportContext) -> Account:
    values = {**row.edited_values(), **await _custom_fields(tx, row, None)}
    return Account(
        id=new_id(),
        name=row.name,
        owner_id=context.actor,
        created_at=context.now,
        updated_at=context.now,
        **values,
    )


async def _custom_fields(
    tx: AsyncConnection, row: AccountRow, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The custom fields, if the file has columns for any of them."""
    if not row.custom_fields:
        return {}
    values = await parse_custom_field_cells(tx, RESOURCE, row.custom_fields, before=before)
    return {"custom_fields": values}


async def _link_parents(
    tx: AsyncConnection, rows: Sequence[ImportRow[AccountRow]], context: ImportContext
) -> list[RowResult]:
    """Set the parents in a second pass, when every account of the file exists."""
    names = {row.value.parent for row in rows if row.value.parent is not None}
    visibility = await context.visibility(tx, RESOURCE)
    ids_by_name = await store.lock_visible_by_name(tx, names, visibility)
    command = Command(tx, context.now, actor=context.actor)
    return [await _link_parent(command, row, ids_by_name, visibility) for row in rows]


async def _link_parent(
    command: Command,
    row: ImportRow[AccountRow],
    ids_by_name: Mapping[str, Sequence[UUID]],
    visibility: Visibility,
) -> RowResult:
    tx = command.tx
    name, account_id = row.value.parent, row.record_id
    assert account_id is not None, "an imported row has a record"
    if name is None:
        return unchanged(account_id)
    matches = ids_by_name.get(name, [])
    if len(matches) != 1:
        code = "PARENT_AMBIGUOUS" if matches else "PARENT_UNKNOWN"
        return unchanged(account_id, Finding(code, params={"given": name}, field="parent"))
    parent_id = matches[0]
    if (await ACCOUNT.get(tx, account_id)).parent_id == parent_id:
        return unchanged(account_id)
    if not await store.may_write(tx, account_id, visibility):
        return unchanged(account_id, Finding("RECORD_READ_ONLY", field="parent"))
    try:
        async with tx.begin_nested():
            await edit_account(
                command, account_id, lambda account: replace(account, parent_id=parent_id)
            )
    except DomainError as error:
        return unchanged(account_id, *refused_for(error).findings)
    return updated(account_id)


NAME_HEADERS = ("account", "account name", "company", "客户", "客户名称")
ACCOUNT_IMPORT = ImportTarget(
    resource=RESOURCE,
    fields=(
        ImportField("name", NAME_HEADERS, required=True, example="上海示例有限公司"),
        ImportField("phone", ("电话", "联系电话"), example="021-60001234"),
        ImportField("industry", ("sector", "行业"), example="制造业"),
        ImportField("country", ("office_location", "国家", "所在国家"), example="中国"),
        ImportField("founded_year", ("year_established", "成立年份"), example="2008"),
        ImportField("employees", ("员工数", "员工人数"), example="350"),
        ImportField("revenue", ("年收入（百万）", "annual revenue (millions)"), example="120.5"),
        ImportField("currency", ("币种",), example="CNY"),
        ImportField(
            "parent", ("subsidiary_of", "parent account", "上级客户", "母公司"), example="示例集团"
        ),
    ),
    read=_parse_account_row,
    import_rows=row_by_row(_import_account),
    link=_link_parents,
    custom_fields=True,
)
