"""Reads all that happened to a lead, from the tables that hold it, by one query."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, Text, case, cast, func, literal, null, select, union_all

from chassis.records.access.tables import owner_changes, people
from chassis.records.audit.tables import audit_entries
from mtl.followups.store import follow_ups
from mtl.leads.store import LEADS, lead_history, leads
from mtl.leads.store.recyclings import lead_recyclings
from mtl.merges.store import lead_merges, merged_leads
from mtl.timelines.domain import NOBODY, TimelineKind
from mtl.touches.store import lead_touches


def timeline_query(lead_id: UUID) -> Select[Any]:
    """A query for all entries of a lead; the caller pages it.

    `before` and `after` are codes, or names of owners; `text` is what people wrote, or the name of
    the rule by which a lead fell back, for the reason `code`. Each part finds
    its rows by an index that begins with the lead.
    """
    parts = (
        _touches(lead_id),
        _follow_ups(lead_id),
        _moves(lead_id),
        _owners(lead_id),
        _capture(lead_id),
        _merges(lead_id),
    )
    return select(union_all(*parts).subquery("timeline"))


def _entry(kind: TimelineKind, key: Any, at: Any, **columns: Any) -> Select[Any]:
    """Return the columns that all parts have, in one order; those not named are null."""
    names = ("actor", "before", "after", "reason", "text", "code")
    texts = (cast(columns.get(name, null()), Text).label(name) for name in names)
    record_id = columns.get("record_id", key).label("record_id")
    source = literal(kind.value, Text).label("source")
    return select(key.label("id") if key.name != "id" else key, at, record_id, source, *texts)


def _touches(lead_id: UUID) -> Select[Any]:
    c = lead_touches.c
    touches = _entry(TimelineKind.TOUCH, c.id, c.at, actor=c.actor, after=c.kind, text=c.subject)
    return touches.where(c.lead_id == lead_id)


def _follow_ups(lead_id: UUID) -> Select[Any]:
    c = follow_ups.c
    done = _entry(
        TimelineKind.FOLLOW_UP,
        c.id,
        c.at,
        actor=c.owner_id,
        before=c.result,
        after=c.kind,
        text=c.summary,
    )
    return done.where(c.lead_id == lead_id, c.deleted_at.is_(None))


def _moves(lead_id: UUID) -> Select[Any]:
    c = lead_history.c
    moves = _entry(
        TimelineKind.STATUS,
        c.id,
        c.at,
        record_id=c.lead_id,
        actor=c.actor,
        before=c.from_status,
        after=c.to_status,
        reason=c.reason,
        text=c.note,
    )
    return moves.where(c.lead_id == lead_id)


def _owners(lead_id: UUID) -> Select[Any]:
    c, fallen = owner_changes.c, lead_recyclings.c
    changes = _entry(
        TimelineKind.OWNER,
        c.id,
        c.changed_at,
        record_id=c.record_id,
        actor=c.changed_by,
        before=_name_of(c.from_owner_id),
        after=case((c.to_owner_id.is_(None), NOBODY), else_=_name_of(c.to_owner_id)),
        reason=c.from_owner_id,
        text=func.coalesce(fallen.rule_name, c.reason),
        code=fallen.reason,
    )
    changes = changes.outerjoin(lead_recyclings, fallen.id == c.id)
    return changes.where(c.resource == LEADS.resource, c.record_id == lead_id)


def _merges(lead_id: UUID) -> Select[Any]:
    """Return the merges into the lead that were not undone, and what the others are called."""
    c = lead_merges.c
    called = func.concat_ws(" ", leads.c.company, leads.c.name)
    names = (
        select(func.string_agg(func.nullif(called, ""), "; "))
        .select_from(merged_leads.join(leads, leads.c.id == merged_leads.c.lead_id))
        .where(merged_leads.c.merge_id == c.id)
        .scalar_subquery()
    )
    merges = _entry(
        TimelineKind.MERGE,
        c.id,
        c.merged_at,
        record_id=c.survivor_id,
        actor=c.merged_by,
        text=names,
    )
    return merges.where(c.survivor_id == lead_id, c.undone_at.is_(None))


def _name_of(subject: Any) -> Any:
    named = select(people.c.name).where(people.c.subject == subject, ~people.c.deleted)
    return named.limit(1).scalar_subquery()


def _capture(lead_id: UUID) -> Select[Any]:
    entries = audit_entries.c
    captured_by = (
        select(entries.actor)
        .where(
            entries.resource == LEADS.resource,
            entries.record_id == lead_id,
            entries.verb == "INSERT",
        )
        .order_by(entries.id)
        .limit(1)
        .scalar_subquery()
    )
    c = leads.c
    capture = _entry(TimelineKind.CAPTURE, c.id, c.created_at, actor=captured_by, text=c.source)
    return capture.where(c.id == lead_id)
