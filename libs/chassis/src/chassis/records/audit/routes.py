"""A record's audit entries over HTTP."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter
from sqlalchemy import Select, Table, Text, cast, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import ensure_row
from chassis.records.access.tables import people
from chassis.records.audit.tables import audit_entries
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.decimals import plain_text
from kernel.money import Money

_MONEY = TypeAdapter(Money)


class FieldChange(BaseModel):
    """One field; money is told as one, a custom field as `custom_fields.<key>`."""

    model_config = ConfigDict(populate_by_name=True)

    field: str = Field(examples=["stage"])
    from_: Any = Field(alias="from", description="Null where it was empty, or is new")
    to: Any = Field(description="Null where it is empty now, or gone")


class AuditEntryOut(BaseModel):
    """One write of the record, or of a part of it such as a line."""

    id: str
    verb: str = Field(description="INSERT, UPDATE or DELETE", examples=["UPDATE"])
    at: datetime
    actor: str | None = Field(description="The subject of a token, or system:<what>")
    actor_name: str | None = Field(description="What the directory calls the actor")
    reason: str | None
    part: str | None = Field(description="Which part was written; null: the record itself")
    part_id: str | None
    changes: list[FieldChange]
    request_id: str | None
    origin: str | None = Field(description="event:<id> or job:<id>; null: a request")
    trace_id: str | None


def audit_router(
    collection: str, *, resource: str, table: Table, dependencies: Sequence[Any]
) -> APIRouter:
    """`GET {collection}/{record_id}/audit`, newest first, for who may read the record.

    `table` tells a record without entries from none:
    `audit_router("/accounts", resource="l2o.account", table=accounts, dependencies=[READ])`.
    """
    name = resource.split(".")[-1]
    router = new_router(collection, tag=collection.strip("/"))

    @router.get("/{record_id}/audit", name=f"{name}_audit", dependencies=dependencies)
    async def audit(record_id: UUID, tx: Tx, page: PageParams) -> Page[AuditEntryOut]:
        """Who changed what and when, newest first."""
        found = await audit_page(tx, page, resource, record_id)
        if not found.items:  # who sees all was not asked whether it is there
            await ensure_row(tx, table, record_id, name)
        return found

    return router


async def audit_page(
    tx: AsyncConnection, page: PageParams, resource: str, record_id: UUID
) -> Page[AuditEntryOut]:
    """A record's entries, for an address that does not name it: `GET /tenant/audit`."""
    return await fetch_page(tx, _entries_of(resource, record_id), page, shape=_shown)


def _entries_of(resource: str, record_id: UUID) -> Select[Any]:
    named = select(people.c.name).where(people.c.subject == audit_entries.c.actor).limit(1)
    plain = [column for column in audit_entries.c if column is not audit_entries.c.changes]
    return select(
        *plain,
        cast(audit_entries.c.changes, Text).label("changes"),  # numbers stay exact
        named.scalar_subquery().label("actor_name"),
    ).where(audit_entries.c.resource == resource, audit_entries.c.record_id == record_id)


def _shown(row: Mapping[str, Any]) -> AuditEntryOut:
    kept = json.loads(row["changes"], parse_float=Decimal)
    changes = field_changes(kept.get("from", {}), kept.get("to", {}))
    return AuditEntryOut.model_validate({**row, "id": str(row["id"]), "changes": changes})


def field_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """What became of each field, by name."""
    old, new = dict(_fields(before)), dict(_fields(after))
    return [
        FieldChange.model_validate({"field": name, "from": old.get(name), "to": new.get(name)})
        for name in sorted({**old, **new})
        if old.get(name) != new.get(name)
    ]


def _fields(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The columns of a row as fields: two make a money, custom fields stand for themselves."""
    for name, value in row.items():
        if name == "custom_fields":
            yield from ((f"custom_fields.{key}", one) for key, one in (value or {}).items())
        elif f"{name}_currency" in row:
            yield name, _money(value, row[f"{name}_currency"])
        elif name.removesuffix("_currency") not in row or not name.endswith("_currency"):
            yield name, plain_text(value) if isinstance(value, Decimal) else value


def _money(amount: Any, currency: str | None) -> Any:
    if amount is None or currency is None:
        return None
    return _MONEY.dump_python(Money(Decimal(amount), currency), mode="json")
