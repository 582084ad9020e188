"""Finds the owners of records by the names that imported files use."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import people
from kernel.names import comparable_name


async def active_subjects_by_name(tx: AsyncConnection) -> dict[str, list[str]]:
    """Return the subjects of active people by comparable name, several for namesakes.

    A tenant has few people, so all are read, and names are compared here.
    """
    query = select(people.c.name, people.c.subject).where(people.c.active, ~people.c.deleted)
    subjects: dict[str, list[str]] = {}
    for row in await tx.execute(query.order_by(people.c.id)):
        subjects.setdefault(comparable_name(row.name), []).append(row.subject)
    return subjects


async def subjects_by_name(tx: AsyncConnection, names: Collection[str]) -> dict[str, Sequence[str]]:
    """Return the subjects of active people by what a file calls them: their subject or their name.

    A name that several people share has several subjects; unknown people are left out.
    """
    if not names:
        return {}
    by_name = await active_subjects_by_name(tx)
    known = {subject for subjects in by_name.values() for subject in subjects}
    found: dict[str, Sequence[str]] = {}
    for name in names:
        subjects = {*by_name.get(comparable_name(name), ()), *({name} & known)}
        if subjects:
            found[name] = sorted(subjects)
    return found
