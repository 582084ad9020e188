"""Reads the sessions of a person that can still be refreshed."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from org.people.store import PERSON
from org.principals.store import sessions_valid_from_of
from org.sessions import store
from org.sessions.domain import Session


async def list_sessions(
    tx: AsyncConnection, person_id: UUID, *, now: datetime, idle: timedelta
) -> Sequence[Session]:
    """Return a person's open sessions, the latest used first. Raises NotFound.

    Sessions from before a revocation end at their next use, so they are left out.
    """
    person = await PERSON.get(tx, person_id)
    subjects = (person.subject, *person.former_subjects)
    valid_from = (await tx.execute(sessions_valid_from_of(*subjects))).scalar_one_or_none()
    found = await store.list_open(tx, person_id, now=now, idle=idle)
    return [one for one in found if valid_from is None or one.created_at >= valid_from]
