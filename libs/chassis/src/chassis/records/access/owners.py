"""Finds the owners of records by the names that imported files use."""

from collections.abc import Collection, Sequence

from sqlalchemy import any_, cast, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import people


async def subjects_by_name(tx: AsyncConnection, names: Collection[str]) -> dict[str, Sequence[str]]:
    """Return the subjects of active people by what a file calls them: their subject or their name.

    A name that several people share has several subjects; unknown people are left out.
    """
    if not names:
        return {}
    requested = cast(list(names), ARRAY(people.c.name.type))
    query = select(people.c.subject, people.c.name).where(
        people.c.active,
        ~people.c.deleted,
        or_(people.c.subject == any_(requested), people.c.name == any_(requested)),
    )
    subjects: dict[str, set[str]] = {}
    for row in await tx.execute(query):
        subjects.setdefault(row.name, set()).add(row.subject)
        subjects.setdefault(row.subject, set()).add(row.subject)
    return {name: sorted(subjects[name]) for name in names if name in subjects}
