"""The route for a record's audit entries."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlalchemy import Select, Table, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import ensure_row
from chassis.records.access.tables import people
from chassis.records.access_keys.key_actors import ISSUER_PATTERN, shown_actor_name
from chassis.records.audit.encrypted_changes import in_clear
from chassis.records.audit.tables import audit_entries
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.decimals import plain_text
from kernel.money import Money

_MONEY = TypeAdapter(Money)
# How fields end that may hold the subject of a person, such as `owner_id` and `revoked_by`.
PERSON_FIELDS = ("_id", "_by", "actor", "assignee", "recipient", "subject")


def _is_none(value: object) -> bool:
    return value is None


class FieldChange(BaseModel):
    """The change of one field."""

    model_config = ConfigDict(populate_by_name=True)

    field: str = Field(
        description="The field's name; a money amount is one field, a custom field is named "
        "`custom_fields.<key>`",
        examples=["stage"],
    )
    from_: Any = Field(alias="from", description="The old value; null if it was empty or is new")
    to: Any = Field(description="The new value; null if it is empty or was removed")
    from_name: str | None = Field(
        None, exclude_if=_is_none, description="The name of the person that is the old value"
    )
    to_name: str | None = Field(
        None, exclude_if=_is_none, description="The name of the person that is the new value"
    )


class OriginRecordOut(BaseModel):
    """A record that can be opened: its resource and its id."""

    resource: str = Field(examples=["l2o.import"])
    id: UUID


class AuditEntryOut(BaseModel):
    """One write of the record, or of a part of it such as a line."""

    id: str
    verb: str = Field(description="INSERT, UPDATE or DELETE", examples=["UPDATE"])
    at: datetime
    actor: str | None = Field(
        description="Who made the change, or started the import or task that made it: the subject"
        " of a token, `system:<component>`, `access-key:<id>:<subject of its issuer>`, or"
        " `operator:<name>` of who used the command line"
    )
    actor_name: str | None = Field(
        description="The actor's name in the directory; of an access key, who issued it"
    )
    reason: str | None = Field(description="Why the change was made, if a reason was given")
    part: str | None = Field(description="The part that was written; null: the record itself")
    part_id: str | None
    changes: list[FieldChange]
    request_id: str | None = Field(description="Of the request, or the id of the event")
    origin: str | None = Field(
        description="`<resource>:<id>` of the record whose event made the change, or for which a"
        " job made it; null for a request"
    )
    origin_record: OriginRecordOut | None = Field(
        description="The record that the change came from: an import, a task, a quote that has"
        " expired, or a record whose event made the change, such as a converted lead"
    )
    trace_id: str | None


def audit_router(
    collection: str,
    *,
    resource: str,
    table: Table,
    dependencies: Sequence[Any],
    tag: str | None = None,
) -> APIRouter:
    """Build `GET {collection}/{record_id}/audit`; `dependencies` check who may read the record.

    A record without entries is looked up in `table`, to answer 404 if it does not exist:
    `audit_router("/accounts", resource="l2o.account", table=accounts, dependencies=[READ])`.
    """
    name = resource.split(".")[-1]
    router = new_router(collection, tag=tag or collection.strip("/"))

    @router.get("/{record_id}/audit", name=f"{name}_audit", dependencies=dependencies)
    async def audit(record_id: UUID, tx: Tx, page: PageParams) -> Page[AuditEntryOut]:
        """List the changes of the record, newest first."""
        entries = await audit_page(tx, page, resource, record_id)
        if not entries.items:  # for callers who see everything, no guard has read the record
            await ensure_row(tx, table, record_id, name)
        return entries

    return router


async def audit_page(
    tx: AsyncConnection,
    page: PageParams,
    resource: str,
    record_id: UUID,
    *,
    part_id: str | None = None,
) -> Page[AuditEntryOut]:
    """Return a page of a record's entries, or of those of one of its parts.

    It is for paths without the record's id, as `GET /tenant/audit`.
    """
    query = _entries_query(resource, record_id)
    if part_id is not None:
        query = query.where(audit_entries.c.part_id == part_id)
    entries = await fetch_page(tx, query, page, shape=_entry_out)
    await _name_people(tx, [change for entry in entries.items for change in entry.changes])
    return entries


async def _name_people(tx: AsyncConnection, changes: Sequence[FieldChange]) -> None:
    """Set the names of the people that changed from or to, in one query."""
    about_people = [change for change in changes if change.field.endswith(PERSON_FIELDS)]
    values = [one for change in about_people for one in (change.from_, change.to)]
    subjects = sorted({one for one in values if isinstance(one, str)})
    if not subjects:
        return
    query = select(people.c.subject, people.c.name).where(people.c.subject.in_(subjects))
    names = {subject: name for subject, name in await tx.execute(query)}
    for change in about_people:
        change.from_name = names.get(str(change.from_))
        change.to_name = names.get(str(change.to))


def _entries_query(resource: str, record_id: UUID) -> Select[Any]:
    actor = audit_entries.c.actor
    subject = func.coalesce(func.substring(actor, ISSUER_PATTERN), actor)
    actor_name = select(people.c.name).where(people.c.subject == subject).limit(1)
    columns = [column for column in audit_entries.c if column is not audit_entries.c.changes]
    return select(
        *columns,
        cast(audit_entries.c.changes, Text).label("changes"),  # as text, so that numbers stay exact
        actor_name.scalar_subquery().label("actor_name"),
    ).where(audit_entries.c.resource == resource, audit_entries.c.record_id == record_id)


def _entry_out(row: Mapping[str, Any]) -> AuditEntryOut:
    stored = in_clear(row["resource"], json.loads(row["changes"], parse_float=Decimal))
    changes = field_changes(stored.get("from", {}), stored.get("to", {}))
    name = shown_actor_name(row["actor"], row["actor_name"])
    origin = origin_record(row["origin"])
    shown = {**row, "id": str(row["id"]), "actor_name": name, "changes": changes}
    return AuditEntryOut.model_validate({**shown, "origin_record": origin})


def origin_record(origin: str | None) -> OriginRecordOut | None:
    """Return the record that an origin names; an event or a job is no record to open."""
    resource, _, record_id = (origin or "").partition(":")
    if resource in ("", "event", "job"):
        return None
    return OriginRecordOut(resource=resource, id=UUID(record_id))


def field_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """Return the changed fields with their old and new values, sorted by name."""
    old, new = dict(_fields(before)), dict(_fields(after))
    return [
        FieldChange.model_validate({"field": name, "from": old.get(name), "to": new.get(name)})
        for name in sorted({**old, **new})
        if old.get(name) != new.get(name)
    ]


def _fields(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a row's columns as fields: amount and currency make one, custom fields one each."""
    for name, value in row.items():
        if name == "custom_fields":
            yield from ((f"custom_fields.{key}", item) for key, item in (value or {}).items())
        elif f"{name}_currency" in row:
            yield name, _money(value, row[f"{name}_currency"])
        elif name.removesuffix("_currency") not in row or not name.endswith("_currency"):
            yield name, plain_text(value) if isinstance(value, Decimal) else value


def _money(amount: Any, currency: str | None) -> Any:
    if amount is None or currency is None:
        return None
    return _MONEY.dump_python(Money(Decimal(amount), currency), mode="json")
