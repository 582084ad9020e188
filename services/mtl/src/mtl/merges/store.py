"""The tables of merges and all SQL on them."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Select,
    String,
    Table,
    Text,
    Uuid,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.encryption.columns import digests_of, encrypted_columns
from kernel.errors import NotFound
from mtl.database import metadata
from mtl.leads.domain.details import LeadDetails
from mtl.leads.store import ENCRYPTED, leads
from mtl.merges.domain.merge import Changes, LeadMerge, Moved


def _contact_columns() -> Iterator[Column[Any]]:
    """Yield the columns of the survivor's phones and mails, encrypted as those of the lead are."""
    for when in ("before", "after"):
        for name in ENCRYPTED:
            kind: str = leads.c[name].info["personal"]
            yield from encrypted_columns(f"{when}_{name}", of="mtl.lead_merge", personal=kind)


lead_merges = Table(
    "lead_merges",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("survivor_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("merged_at", DateTime(timezone=True), nullable=False),
    Column("merged_by", Text),
    Column("request", String(80), nullable=False),
    Column("changes", JSONB(none_as_null=True), info={"personal": "text"}),
    *_contact_columns(),
    Column("undone_at", DateTime(timezone=True)),
    Column("undone_by", Text),
    Column("kept", JSONB, nullable=False, server_default=text("'[]'")),
    Index(None, "tenant_id", "survivor_id", "id"),
)
merged_leads = Table(
    "merged_leads",
    metadata,
    tenant_column(),
    Column("merge_id", Uuid, primary_key=True),
    Column("lead_id", Uuid, primary_key=True, info={"personal": "subject"}),
    Column("moved", JSONB, nullable=False),
    Index(None, "tenant_id", "lead_id", "merge_id"),
)
_DETAILS: Final = TypeAdapter(LeadDetails)
_MOVED: Final = TypeAdapter(Moved)


async def add_merge(tx: AsyncConnection, merge: LeadMerge) -> None:
    """Insert a merge and what each merged lead brought."""
    assert merge.changes is not None
    values = {
        "id": merge.id,
        "survivor_id": merge.survivor_id,
        "merged_at": merge.merged_at,
        "merged_by": merge.merged_by,
        "request": merge.request,
        "kept": [],
        **changes_to_columns(merge.changes),
    }
    await tx.execute(insert(lead_merges).values(values | digests_of(lead_merges, values)))
    rows = [
        {"merge_id": merge.id, "lead_id": lead_id, "moved": _MOVED.dump_python(moved, mode="json")}
        for lead_id, moved in merge.moved.items()
    ]
    await tx.execute(insert(merged_leads), rows)


async def save_undone(tx: AsyncConnection, merge: LeadMerge) -> None:
    """Mark a merge, which the caller has locked, as undone."""
    values = {"undone_at": merge.undone_at, "undone_by": merge.undone_by, "kept": [*merge.kept]}
    await tx.execute(update(lead_merges).where(lead_merges.c.id == merge.id).values(values))


async def get_merge(tx: AsyncConnection, merge_id: UUID, *, lock: bool = False) -> LeadMerge:
    """Read a merge, and lock its row if `lock` is set. Raises NotFound."""
    query = select(lead_merges).where(lead_merges.c.id == merge_id)
    query = query.with_for_update() if lock else query
    row = (await tx.execute(query)).mappings().one_or_none()
    if row is None:
        raise NotFound("merge", merge_id)
    brought = select(merged_leads).where(merged_leads.c.merge_id == merge_id)
    brought = brought.order_by(merged_leads.c.lead_id)
    moved = {r.lead_id: _MOVED.validate_python(r.moved) for r in await tx.execute(brought)}
    values = {name: row[name] for name in LeadMerge.__dataclass_fields__ if name in row}
    values["changes"] = changes_from_columns(row)
    return LeadMerge(**values | {"moved": moved, "kept": tuple(row["kept"])})


async def merge_into(
    tx: AsyncConnection, survivor_id: UUID, lead_ids: Collection[UUID]
) -> LeadMerge | None:
    """Return the merge, not undone, of exactly these leads into a survivor, if there is one."""
    c = merged_leads.c
    found = (
        select(c.merge_id)
        .join(lead_merges, lead_merges.c.id == c.merge_id)
        .where(lead_merges.c.survivor_id == survivor_id, lead_merges.c.undone_at.is_(None))
        .group_by(c.merge_id)
        .having(func.array_agg(c.lead_id.distinct()) == sorted(lead_ids))
    )
    merge_id = (await tx.execute(found)).scalar_one_or_none()
    return None if merge_id is None else await get_merge(tx, merge_id)


async def later_merge(tx: AsyncConnection, merge: LeadMerge) -> UUID | None:
    """Return the last merge that builds on this one and has to be undone before it, if any."""
    c, merges = merged_leads.c, lead_merges.c
    took = select(c.merge_id).where(c.lead_id == merge.survivor_id)
    followed = merges.id.in_(took) | (
        (merges.survivor_id == merge.survivor_id) & (merges.id > merge.id)
    )
    query = select(merges.id).where(followed, merges.undone_at.is_(None), merges.id != merge.id)
    return (await tx.execute(query.order_by(merges.id.desc()).limit(1))).scalar_one_or_none()


def merges_query() -> Select[Any]:
    """A query for merges as answers show them, with the names of the merged leads."""
    shown = func.json_build_object(
        "lead_id", leads.c.id, "name", leads.c.name, "company", leads.c.company
    )
    names = (
        select(func.json_agg(shown))
        .select_from(merged_leads.join(leads, leads.c.id == merged_leads.c.lead_id))
        .where(merged_leads.c.merge_id == lead_merges.c.id)
        .scalar_subquery()
    )
    c = lead_merges.c
    merged, undone = (c.merged_at, c.merged_by), (c.undone_at, c.undone_by, c.kept)
    return select(c.id, c.survivor_id, *merged, *undone, names.label("leads"))


async def shown_merge(tx: AsyncConnection, merge_id: UUID) -> Mapping[str, Any]:
    """Return a merge as answers show it."""
    query = merges_query().where(lead_merges.c.id == merge_id)
    return dict((await tx.execute(query)).mappings().one())


def changes_to_columns(changes: Changes) -> dict[str, Any]:
    """Return what a merge changed as columns: phones and mails in those of their own."""
    columns: dict[str, Any] = {"changes": {}}
    for when, values in (("before", changes.before), ("after", changes.after)):
        columns |= {f"{when}_{name}": values.get(name) for name in ENCRYPTED}
        others = {name: value for name, value in values.items() if name not in ENCRYPTED}
        details = LeadDetails(**others)
        columns["changes"][when] = _DETAILS.dump_python(details, mode="json", include=set(others))
    columns["changes"]["contacts"] = [name for name in changes.after if name in ENCRYPTED]
    return columns


def changes_from_columns(row: Mapping[Any, Any]) -> Changes | None:
    """Return what a merge changed; None once the person was erased."""
    stored = row["changes"]
    if stored is None:
        return None
    before, after = (
        {name: getattr(_DETAILS.validate_python(stored[when]), name) for name in stored[when]}
        | {name: row[f"{when}_{name}"] for name in stored["contacts"]}
        for when in ("before", "after")
    )
    return Changes(before, after)
