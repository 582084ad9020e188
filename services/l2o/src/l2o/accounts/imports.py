"""Import of accounts from files, with parents anywhere in the file.

A row is the account of its external id, or else the visible account of its name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.named_rows import (
    EXTERNAL_FIELDS,
    NamedRow,
    RowCommands,
    named_row_by_row,
    read_named,
    store_row,
)
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
    unchanged,
    updated,
    validate_row,
)
from chassis.foundation.texts import Text
from chassis.records.access.visibility import Visibility
from chassis.records.contact_points import located_phone
from chassis.records.country_names import country_code
from chassis.records.custom_fields.cells import parse_custom_field_cells
from chassis.records.import_examples import (
    COMPANY,
    PARENT_COMPANY,
    office_number,
    own_country,
    own_currency,
)
from chassis.web.commands import Command
from kernel.errors import DomainError
from kernel.ids import new_id
from kernel.names import comparable_name
from l2o.accounts import store
from l2o.accounts.actions import create_account, edit_account, restore_account
from l2o.accounts.domain import Account, AccountRow
from l2o.accounts.schemas import AccountCells
from l2o.accounts.store import ACCOUNT

RESOURCE = store.ACCOUNTS.resource
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


def _parse_account_row(cells: Cells) -> ParsedRow[AccountRow]:
    """Validate a row like the body of a request; correct the industry, look up the country."""
    body: dict[str, Any] = {**cells.fields, "custom_fields": cells.custom}
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


async def _import_account(
    tx: AsyncConnection, named: NamedRow[AccountRow], context: ImportContext
) -> RowResult:
    """Create the account for the importer, or edit the one that the row means."""
    if named.external_id is None:
        return await _import_by_name(tx, named.value, context)
    command, row = context.command(tx), named.value

    async def create() -> Account:
        return await create_account(command, await _new_account(tx, row, context))

    async def edit(before: Account) -> Account:
        custom_fields = await _custom_fields(tx, row, before.custom_fields)
        values = {"name": row.name, **_edited_values(row, before), **custom_fields}
        return await edit_account(command, before.id, lambda account: replace(account, **values))

    does = RowCommands(
        record_type=ACCOUNT, create=create, edit=edit, restore=partial(restore_account, command)
    )
    return await store_row(context, command, named.external_id, does)


async def _import_by_name(
    tx: AsyncConnection, row: AccountRow, context: ImportContext
) -> RowResult:
    """Create the account for the importer, or edit the visible account of this name."""
    command = Command(tx, context.now, actor=context.actor)
    visibility = await context.visibility(tx, RESOURCE)
    by_name = await store.lock_visible_by_name(tx, [row.name], visibility)
    matches = by_name.get(comparable_name(row.name), [])
    if len(matches) > 1:
        return refused(Finding("ACCOUNT_AMBIGUOUS", params={"name": row.name}, field="name"))
    if not matches:
        new = await _new_account(tx, row, context)
        account = await create_account(command, new)
        return created(account.id)
    before = await ACCOUNT.get(tx, matches[0])
    custom_fields = await _custom_fields(tx, row, before.custom_fields)
    values = {**_edited_values(row, before), **custom_fields}
    is_change = replace(before, **values) != before
    if is_change and not await store.may_write(tx, before.id, visibility):
        return refused(Finding("RECORD_READ_ONLY", field="name"))
    after = await edit_account(command, before.id, lambda account: replace(account, **values))
    return unchanged(before.id) if after.version == before.version else updated(before.id)


async def _new_account(tx: AsyncConnection, row: AccountRow, context: ImportContext) -> Account:
    values = {**_edited_values(row, None), **await _custom_fields(tx, row, None)}
    return Account(
        id=new_id(),
        name=row.name,
        owner_id=context.actor,
        created_at=context.now,
        updated_at=context.now,
        **values,
    )


def _edited_values(row: AccountRow, before: Account | None) -> dict[str, Any]:
    """The fields that the row gives; a number is one of the country of the row or the account.

    Raises Invalid (PHONE_INVALID, PHONE_REGION_UNKNOWN).
    """
    country = row.country or (None if before is None else before.country)
    return replace(row, phone=located_phone(row.phone, country)).edited_values()


async def _custom_fields(
    tx: AsyncConnection, row: AccountRow, before: Mapping[str, Any] | None
) -> dict[str, Any]:
    """The custom fields; those of an existing account change if the row has cells for them."""
    if before is not None and not row.custom_fields:
        return {}
    values = await parse_custom_field_cells(tx, RESOURCE, row.custom_fields, before=before)
    return {"custom_fields": values}


async def _link_parents(
    tx: AsyncConnection, rows: Sequence[ImportRow[NamedRow[AccountRow]]], context: ImportContext
) -> list[RowResult]:
    """Set the parents in a second pass, when every account of the file exists."""
    names = {row.value.value.parent for row in rows if row.value.value.parent is not None}
    visibility = await context.visibility(tx, RESOURCE)
    ids_by_name = await store.lock_visible_by_name(tx, names, visibility)
    command = Command(tx, context.now, actor=context.actor)
    return [await _link_parent(command, row, ids_by_name, visibility) for row in rows]


async def _link_parent(
    command: Command,
    row: ImportRow[NamedRow[AccountRow]],
    ids_by_name: Mapping[str, Sequence[UUID]],
    visibility: Visibility,
) -> RowResult:
    tx = command.tx
    name, account_id = row.value.value.parent, row.record_id
    assert account_id is not None, "an imported row has a record"
    if name is None:
        return unchanged(account_id)
    matches = ids_by_name.get(comparable_name(name), [])
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
        ImportField("name", NAME_HEADERS, required=True, example=COMPANY),
        ImportField("phone", ("电话", "联系电话"), example=office_number),
        ImportField("industry", ("sector", "行业"), example=Text("制造业", "Manufacturing")),
        ImportField("country", ("office_location", "国家", "所在国家"), example=own_country),
        ImportField("founded_year", ("year_established", "成立年份"), example="2008"),
        ImportField("employees", ("员工数", "员工人数"), example="350", is_amount=True),
        ImportField(
            "revenue",
            ("年收入（百万）", "annual revenue (millions)"),
            example="120.5",
            is_amount=True,
        ),
        ImportField("currency", ("币种",), example=own_currency),
        ImportField(
            "parent",
            ("subsidiary_of", "parent account", "上级客户", "母公司"),
            example=PARENT_COMPANY,
        ),
        *EXTERNAL_FIELDS,
    ),
    read=read_named(RESOURCE, _parse_account_row),
    import_rows=named_row_by_row(RESOURCE, _import_account),
    link=_link_parents,
    custom_fields=True,
)
