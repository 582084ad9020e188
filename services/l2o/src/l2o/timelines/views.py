"""Reads all that happened with an account, from the tables that hold it, by one query.

Each part finds its rows by an index that begins with the account. Changes of stage and quotes are
those of opportunities that the caller sees; all else is seen with the account.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Numeric,
    Select,
    Text,
    Uuid,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility, is_visible
from l2o.activities.store import activities
from l2o.conversions.store import lead_trail_entries
from l2o.opportunities.store import OPPORTUNITIES, opportunities, stage_changes
from l2o.timelines.domain import TimelineKind, TimelineMark
from l2o.timelines.store import timeline_entries

LEAD, LEADS, ACTIVITIES = "mtl.lead", TimelineKind.LEAD, TimelineKind.ACTIVITY
_TYPES: Final[Mapping[str, Any]] = {"amount": Numeric(22, 6), "record_id": Uuid()}


@dataclass(frozen=True, kw_only=True)
class TimelineFilter:
    """Which entries are read: those of some kinds, or all, in `[since, until)`."""

    kinds: Collection[TimelineKind] = ()
    since: datetime | None = None
    until: datetime | None = None

    def takes(self, kind: TimelineKind) -> bool:
        """Whether entries of this kind are read."""
        return not self.kinds or kind in self.kinds

    def bounds(self, at: Any) -> list[ColumnElement[bool]]:
        """Return the conditions on when it happened."""
        since = [] if self.since is None else [at >= self.since]
        return since + ([] if self.until is None else [at < self.until])


def timeline_query(
    account_id: UUID, wanted: TimelineFilter, opportunities_seen: Visibility
) -> Select[Any]:
    """Return a query for the entries of an account; the caller pages it.

    `fact`, `before` and `after` are codes, or titles in both languages; `text` is what people
    wrote, `record_no` what they call the record.
    """
    parts = [
        part
        for read in (_lead_trail, _activities, _stage_changes, _documents)
        if (part := read(account_id, wanted, opportunities_seen)) is not None
    ]
    return select(union_all(*parts).subquery("timeline"))


async def count_by_kind(
    tx: AsyncConnection, account_id: UUID, wanted: TimelineFilter, opportunities_seen: Visibility
) -> dict[TimelineKind, int]:
    """Count the entries of an account by their kind, whatever kinds are read."""
    of_all_kinds = TimelineFilter(since=wanted.since, until=wanted.until)
    rows = timeline_query(account_id, of_all_kinds, opportunities_seen).subquery()
    query = select(rows.c.kind, func.count()).group_by(rows.c.kind)
    found = {kind: number for kind, number in await tx.execute(query)}
    return {kind: found.get(kind, 0) for kind in TimelineKind}


def _entry(row_id: Any, at: Any, kind: Any, **columns: Any) -> Select[Any]:
    """Return the columns that all parts have, in one order; those not named are null."""
    names = (
        "fact",
        "before",
        "after",
        "actor",
        "text",
        "amount",
        "amount_currency",
        "resource",
        "record_id",
        "record_no",
        "mark",
    )
    found = {name: columns.get(name, null()) for name in names}
    others = [cast(each, _TYPES.get(name, Text())).label(name) for name, each in found.items()]
    return select(row_id, at, cast(kind, Text).label("kind"), *others)


Part = Callable[[UUID, TimelineFilter, Visibility], Select[Any] | None]


def _lead_trail(account_id: UUID, wanted: TimelineFilter, _: Visibility) -> Select[Any] | None:
    if not wanted.takes(LEADS):
        return None
    c = lead_trail_entries.c
    entries = _entry(
        c.id,
        c.at,
        literal(LEADS.value),
        before=c.title_zh,
        after=c.title_en,
        actor=c.actor,
        text=c.text,
        resource=literal(LEAD),
        record_id=c.lead_id,
    )
    return entries.where(c.account_id == account_id, *wanted.bounds(c.at))


def _activities(account_id: UUID, wanted: TimelineFilter, _: Visibility) -> Select[Any] | None:
    if not wanted.takes(ACTIVITIES):
        return None
    c = activities.c
    is_there = c.deleted_at.is_(None)
    done = _entry(
        c.id,
        c.at,
        literal(ACTIVITIES.value),
        fact=c.kind,
        after=c.result,
        actor=c.owner_id,
        text=case((is_there, c.subject)),
        resource=literal("l2o.activity"),
        record_id=c.id,
        mark=case((~is_there, literal(TimelineMark.DELETED.value))),
    )
    return done.where(c.account_id == account_id, *wanted.bounds(c.at))


def _stage_changes(
    account_id: UUID, wanted: TimelineFilter, opportunities_seen: Visibility
) -> Select[Any] | None:
    if not wanted.takes(TimelineKind.OPPORTUNITY):
        return None
    c, about = stage_changes.c, opportunities.c
    changes = _entry(
        c.id,
        c.at,
        literal(TimelineKind.OPPORTUNITY.value),
        fact=c.to_stage,
        before=c.from_stage,
        actor=c.actor,
        text=c.reason,
        amount=about.amount,
        amount_currency=about.amount_currency,
        resource=literal(OPPORTUNITIES.resource),
        record_id=about.id,
        record_no=about.name,
        mark=case((about.deleted_at.is_not(None), literal(TimelineMark.DELETED.value))),
    )
    return changes.join(opportunities, about.id == c.opportunity_id).where(
        about.account_id == account_id,
        is_visible(OPPORTUNITIES, opportunities_seen),
        *wanted.bounds(c.at),
    )


_OF_DOCUMENTS: Final = tuple(
    kind for kind in TimelineKind if kind not in (LEADS, ACTIVITIES, TimelineKind.OPPORTUNITY)
)


def _documents(
    account_id: UUID, wanted: TimelineFilter, opportunities_seen: Visibility
) -> Select[Any] | None:
    kinds = [kind for kind in _OF_DOCUMENTS if wanted.takes(kind)]
    if not kinds:
        return None
    c = timeline_entries.c
    latest = timeline_entries.alias("latest")
    mark = (
        select(latest.c.mark)
        .where(latest.c.record_id == c.record_id)
        .order_by(latest.c.epoch.desc(), latest.c.sequence.desc())
        .limit(1)
        .correlate(timeline_entries)
        .scalar_subquery()
    )
    names = ("fact", "actor", "text", "amount", "amount_currency")
    columns: Mapping[str, Any] = {
        name: c[name] for name in (*names, "resource", "record_id", "record_no")
    }
    entries = _entry(c.id, c.at, c.kind, **columns, mark=mark)
    return entries.where(
        c.account_id == account_id,
        c.kind.in_(kinds),
        or_(c.kind != TimelineKind.QUOTE, _is_of_seen_opportunity(opportunities_seen)),
        *wanted.bounds(c.at),
    )


def _is_of_seen_opportunity(seen: Visibility) -> ColumnElement[bool]:
    is_it = opportunities.c.id == timeline_entries.c.opportunity_id
    mine = select(opportunities.c.id).where(and_(is_it, is_visible(OPPORTUNITIES, seen)))
    return mine.correlate(timeline_entries).exists()
