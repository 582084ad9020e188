"""The tables of assignment: whose turn it is by rule, and who got which lead; and their SQL."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Index,
    Integer,
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
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import is_one_of
from chassis.records.access.presence import Presence, presence_of
from chassis.records.access.tables import leaves, people
from mtl.assignments.domain import Colleague
from mtl.database import metadata
from parties.assignment import NotChosen

# What each person has earned of the leads of a rule, as fractions: its row is locked while leads
# are given out.
assignment_turns = Table(
    "assignment_turns",
    metadata,
    tenant_column(),
    Column("rule_id", String(64), primary_key=True),
    Column("earned", JSONB, nullable=False, server_default=text("'{}'")),
)

# Which leads rules have given to whom; `recipient_id` is the person whose share it was.
lead_assignments = Table(
    "lead_assignments",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("rule_id", String(64), nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("recipient_id", Text, nullable=False),
    Column("owner_id", Text, nullable=False),
    Column("assigned_at", DateTime(timezone=True), nullable=False),
    Column("assigned_on", Date, nullable=False),
    Index(None, "tenant_id", "lead_id", "id"),
    Index(None, "tenant_id", "rule_id", "recipient_id", "assigned_on"),
)


@dataclass(frozen=True, kw_only=True)
class LeadAssignment:
    """A lead that a rule gave to somebody."""

    id: UUID
    lead_id: UUID
    rule_id: str
    rule_version: int
    recipient_id: str
    owner_id: str
    assigned_on: date


async def lock_turns(
    tx: AsyncConnection, rule_ids: Collection[str]
) -> Mapping[str, Mapping[str, Fraction]]:
    """Lock what people have earned of these rules, in one order; of new rules it is nothing."""
    c = assignment_turns.c
    new = [{"rule_id": rule_id} for rule_id in sorted(rule_ids)]
    await tx.execute(upsert(assignment_turns).values(new).on_conflict_do_nothing())
    query = select(c.rule_id, c.earned).where(is_one_of(c.rule_id, rule_ids)).order_by(c.rule_id)
    return _earned((await tx.execute(query.with_for_update())).all())


async def turns_of(
    tx: AsyncConnection, rule_ids: Collection[str]
) -> Mapping[str, Mapping[str, Fraction]]:
    """Return what people have earned of these rules, without locking it."""
    c = assignment_turns.c
    rows = await tx.execute(select(c.rule_id, c.earned).where(is_one_of(c.rule_id, rule_ids)))
    return _earned(rows.all())


def _earned(rows: Sequence[Any]) -> Mapping[str, Mapping[str, Fraction]]:
    return {
        rule_id: {subject: Fraction(amount) for subject, amount in earned.items()}
        for rule_id, earned in rows
    }


async def save_turns(tx: AsyncConnection, rule_id: str, earned: Mapping[str, Fraction]) -> None:
    """Keep what people have earned of a rule, whose row the caller has locked."""
    shares = {subject: str(amount) for subject, amount in earned.items()}
    turn = update(assignment_turns).where(assignment_turns.c.rule_id == rule_id)
    await tx.execute(turn.values(earned=shares))


async def add_assignments(
    tx: AsyncConnection, assigned: Sequence[LeadAssignment], *, now: Any
) -> None:
    """Record which leads went to whom."""
    if assigned:
        rows = [{**vars(one), "assigned_at": now} for one in assigned]
        await tx.execute(insert(lead_assignments), rows)


async def given_this_month(
    tx: AsyncConnection, rule_ids: Collection[str], today: date
) -> Mapping[str, Mapping[str, int]]:
    """Return how many leads each recipient got of each of these rules in this month."""
    c = lead_assignments.c
    query = select(c.rule_id, c.recipient_id, func.count()).where(
        is_one_of(c.rule_id, rule_ids), c.assigned_on >= today.replace(day=1)
    )
    given: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for rule_id, recipient_id, number in await tx.execute(
        query.group_by(c.rule_id, c.recipient_id)
    ):
        given[rule_id][recipient_id] = number
    return given


async def colleagues_of(
    tx: AsyncConnection, subjects: Collection[str], today: date
) -> dict[str, Colleague]:
    """Return these people with their absences of today; unknown ones count as inactive."""
    present = await presence_of(tx, subjects, today)
    return {subject: _colleague(subject, present.get(subject)) for subject in subjects}


def _colleague(subject: str, presence: Presence | None) -> Colleague:
    if presence is None:
        return Colleague(owner_id=subject)
    absence = NotChosen.ON_LEAVE if presence.on_leave else None
    return Colleague(
        owner_id=subject,
        absence=absence if presence.active else NotChosen.INACTIVE,
        substitute_id=presence.substitute,
    )


async def days_of_leave(
    tx: AsyncConnection, subjects: Collection[str], *, since: date, until: date
) -> Mapping[str, frozenset[date]]:
    """Return the days in `[since, until]` on which each of these people is on leave."""
    query = (
        select(people.c.subject, leaves.c.from_date, leaves.c.to_date)
        .join(leaves, leaves.c.person_id == people.c.id)
        .where(
            is_one_of(people.c.subject, subjects),
            leaves.c.from_date <= until,
            leaves.c.to_date > since,
        )
    )
    days: defaultdict[str, set[date]] = defaultdict(set)
    for subject, from_date, to_date in await tx.execute(query):
        first, after = max(from_date, since), min(to_date, until + timedelta(days=1))
        days[subject].update(first + timedelta(days=n) for n in range((after - first).days))
    return {subject: frozenset(found) for subject, found in days.items()}
