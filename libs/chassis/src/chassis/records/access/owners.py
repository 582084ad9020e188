"""Finds the owners of records by the names that imported files use."""

from collections.abc import Collection

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


async def subjects_by_name(tx: AsyncConnection, names: Collection[str]) -> dict[str, str]:
    """Return the subjects of active people by what a file calls them: their subject or their name.

    Unknown people are left out, and so are names that several people share.
    """
    if not names:
        return {}
    by_name = await active_subjects_by_name(tx)
    known = {subject for subjects in by_name.values() for subject in subjects}
    found: dict[str, str] = {}
    for name in names:
        meant = {*by_name.get(comparable_name(name), ()), *({name} & known)}
        if len(meant) == 1:
            found[name] = meant.pop()
    return found
