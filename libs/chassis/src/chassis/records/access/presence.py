"""Who of the directory works on a day: who is active, who is on leave, and who stands in."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import is_one_of
from chassis.records.access.tables import people

# Of leaves that overlap, the one that began first counts.
_PRESENCE = text("""
SELECT p.subject, p.active, l.person_id IS NOT NULL AS on_leave,
    (SELECT s.subject FROM directory_people s WHERE s.id = l.substitute_id AND NOT s.deleted)
        AS substitute
FROM directory_people p
LEFT JOIN LATERAL (
    SELECT * FROM directory_leaves v
    WHERE v.person_id = p.id AND v.from_date <= :day AND :day < v.to_date
    ORDER BY v.from_date LIMIT 1) l ON true
WHERE p.subject = ANY(CAST(:subjects AS text[])) AND NOT p.deleted
""")


@dataclass(frozen=True, kw_only=True)
class Presence:
    """Whether a person works on a day; `substitute` stands in for them while they are on leave."""

    active: bool
    on_leave: bool
    substitute: str | None


async def presence_of(
    tx: AsyncConnection, subjects: Iterable[str], day: date
) -> dict[str, Presence]:
    """Return the presence of those of these people who are known, by their subjects."""
    wanted = sorted(set(subjects))
    if not wanted:
        return {}
    rows = await tx.execute(_PRESENCE, {"subjects": wanted, "day": day})
    return {
        subject: Presence(active=active, on_leave=on_leave, substitute=substitute)
        for subject, active, on_leave, substitute in rows
    }


async def active_people(tx: AsyncConnection, subjects: Iterable[str]) -> frozenset[str]:
    """Return which of these people are known and active, on leave or not."""
    wanted = sorted(set(subjects))
    if not wanted:
        return frozenset()
    c = people.c
    query = select(c.subject).where(is_one_of(c.subject, wanted), c.active, ~c.deleted)
    return frozenset(await tx.scalars(query))
