"""People as files and screens call them, who may own records."""

from collections.abc import Collection

from sqlalchemy import any_, cast, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import people


async def subjects_by_name(tx: AsyncConnection, names: Collection[str]) -> dict[str, str]:
    """The subjects of active people by what a file calls them: the subject, or the name.

    Whom nobody knows is left out, and so is a name that several have.
    """
    if not names:
        return {}
    wanted = cast(list(names), ARRAY(people.c.name.type))
    query = select(people.c.subject, people.c.name).where(
        people.c.active,
        ~people.c.deleted,
        or_(people.c.subject == any_(wanted), people.c.name == any_(wanted)),
    )
    called: dict[str, set[str]] = {}
    for row in await tx.execute(query):
        called.setdefault(row.name, set()).add(row.subject)
        called.setdefault(row.subject, set()).add(row.subject)
    return {n: next(iter(called[n])) for n in names if len(called.get(n, ())) == 1}
