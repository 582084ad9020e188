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
    NamedRow,
    RowCommands,
    named_row_by_row,
    read_named,
    store_row,
)
from chassis.files.imports.target import (
    ImportContext,
    ImportRow,
    ImportTarget,
    RowOutcome,
    RowResult,
    created,
    refused,
    refused_for,
    unchanged,
    updated,
)
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.contact_points import located_phone
from chassis.records.custom_fields.cells import parse_custom_field_cells
from chassis.records.external_ids.actions import references_by
from chassis.web.commands import Command
from kernel.errors import DomainError
from kernel.ids import new_id
from kernel.names import comparable_name
from l2o.accounts import store
from l2o.accounts.actions import create_account, edit_account, restore_account
from l2o.accounts.domain import Account, AccountRow
from l2o.accounts.imports.cells import parse_account_row
from l2o.accounts.imports.fields import ACCOUNT_FIELDS
from l2o.accounts.schemas import AccountPoints
from l2o.accounts.store import ACCOUNT
from l2o.collisions import views as collision_views
from l2o.collisions.actions import warnings_of
from parties.address_schemas import AddressIn, addresses_of_body
from parties.addresses import AddressKind
from parties.located_points import located_points
from parties.point_schemas import points_of_body

RESOURCE = store.ACCOUNTS.resource


async def _import_account(
    tx: AsyncConnection, named: NamedRow[AccountRow], context: ImportContext
) -> RowResult:
    """Create the account for the importer, or edit the one that the row means."""
    if named.external_id is None:
        return await _import_by_name(tx, named, context)
    command, row = replace(context.command(tx), confirmed=True), named.value

    async def create() -> Account:
        return await create_account(command, await _new_account(tx, named, context))

    async def edit(before: Account) -> Account:
        custom_fields = await _custom_fields(tx, row, before.custom_fields)
        values = {"name": row.name, **_edited_values(row, before), **custom_fields}
        return await edit_account(command, before.id, lambda account: replace(account, **values))

    does = RowCommands(
        record_type=ACCOUNT, create=create, edit=edit, restore=partial(restore_account, command)
    )
    return await _warned(tx, await store_row(context, command, named.external_id, does), context)


async def _import_by_name(
    tx: AsyncConnection, named: NamedRow[AccountRow], context: ImportContext
) -> RowResult:
    """Create the account for the importer, or edit the visible account of this name."""
    command = Command(tx, context.now, actor=context.actor, confirmed=True)
    row = named.value
    visibility = await context.visibility(tx, RESOURCE)
    by_name = await store.lock_visible_by_name(tx, [row.name], visibility)
    matches = by_name.get(comparable_name(row.name), [])
    if len(matches) > 1:
        return refused(Finding("ACCOUNT_AMBIGUOUS", params={"name": row.name}, field="name"))
    if not matches:
        new = await _new_account(tx, named, context)
        account = await create_account(command, new)
        return await _warned(tx, created(account.id), context)
    before = await ACCOUNT.get(tx, matches[0])
    custom_fields = await _custom_fields(tx, row, before.custom_fields)
    values = {**_edited_values(row, before), **custom_fields}
    is_change = replace(before, **values) != before
    if is_change and not await store.may_write(tx, before.id, visibility):
        return refused(Finding("RECORD_READ_ONLY", field="name"))
    after = await edit_account(command, before.id, lambda account: replace(account, **values))
    return unchanged(before.id) if after.version == before.version else updated(before.id)


async def _warned(tx: AsyncConnection, result: RowResult, context: ImportContext) -> RowResult:
    """Warn of accounts that may be the company of a new one, as the policy says."""
    if result.outcome is not RowOutcome.CREATED or result.record_id is None:
        return result
    account = await ACCOUNT.get(tx, result.record_id)
    facts = collision_views.facts_of(account)
    found = await warnings_of(tx, facts, context.now, besides=account.id)
    if not found:
        return result
    holders = await collision_views.holders_of(tx, found[:1], EVERYTHING)
    [holder] = holders.values()
    params = {"holder": holder.in_words, "keys": [key.value for key in found[0].keys]}
    warning = Finding("ACCOUNT_COLLISION", params=params, field="name")
    return replace(result, findings=(*result.findings, warning))


async def _new_account(
    tx: AsyncConnection, named: NamedRow[AccountRow], context: ImportContext
) -> Account:
    row = named.value
    values = {**_edited_values(row, None), **await _custom_fields(tx, row, None)}
    return Account(
        id=new_id(),
        name=row.name,
        owner_id=context.actor,
        external_ids=references_by(named.external_id),
        created_at=context.now,
        updated_at=context.now,
        **values,
    )


def _edited_values(row: AccountRow, before: Account | None) -> dict[str, Any]:
    """The fields that the row gives; a number is one of the country of the row or the account.

    Raises Invalid (PHONE_INVALID, PHONE_REGION_UNKNOWN).
    """
    country = row.country or (None if before is None else before.country)
    values = replace(row, phone=located_phone(row.phone, country)).edited_values()
    return {**values, **_points(row, before, country), **_addresses(row, before)}


def _points(row: AccountRow, before: Account | None, country: str | None) -> dict[str, Any]:
    """The further points; a cell replaces those of its medium, a blank one none."""
    if not any(row.points.values()):
        return {}
    given = AccountPoints.model_validate(
        {name: row.points[name] or getattr(before, name, ()) for name in row.points}
    )
    return {"points": located_points(points_of_body(given), country)}


def _addresses(row: AccountRow, before: Account | None) -> dict[str, Any]:
    """The addresses; a cell is that of the office, and takes the place of an earlier one."""
    if row.address is None:
        return {}
    others = [one for one in (before.addresses if before else ()) if one.kind != AddressKind.OFFICE]
    office = AddressIn(
        kind=AddressKind.OFFICE,
        country=row.country,
        region_code=row.more.get("region_code"),
        address=row.address,
    )
    return {"addresses": addresses_of_body([office, *map(AddressIn.model_validate, others)])}


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


ACCOUNT_IMPORT = ImportTarget(
    resource=RESOURCE,
    fields=ACCOUNT_FIELDS,
    read=read_named(RESOURCE, parse_account_row),
    import_rows=named_row_by_row(RESOURCE, _import_account),
    link=_link_parents,
    custom_fields=True,
)
