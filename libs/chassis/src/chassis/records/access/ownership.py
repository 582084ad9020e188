"""Who becomes the owner of a record whose creator named nobody, and who is told of it.

A conversion, an event of another service, a new revision or a default takes the owner from another
record. That person may have left meanwhile: then the record goes to the next who was intended, or
to who acts. The audit entry and the notice of the new owner say so. An owner whom a request names
is checked by `active_owner_name` instead, and a wrong one is refused.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.write_cause import audit_reason, set_audit_reason
from chassis.foundation.texts import Text
from chassis.foundation.words import in_words
from chassis.records.access.tables import people
from chassis.records.work.actions import announce_owner, notify
from contracts.resources import OWNER_NOTICE
from contracts.work import NoticeKind, RecordRef

ASSIGNED_INSTEAD: Final = NoticeKind(
    OWNER_NOTICE,
    zh="{name} 已分配给您，因为原定的负责人已停用。",
    en="{name} has been assigned to you, because its intended owner is no longer active.",
)
PASSED_OVER: Final = Text(
    "原定的负责人{name}已停用。", "The intended owner {name} is no longer active."
)


@dataclass(frozen=True)
class Ownership:
    """The owner of a new record; `passed_over` is the name of the first intended one, who left."""

    owner_id: str | None
    passed_over: str | None = None


async def eligible_owner(
    tx: AsyncConnection, *intended: str | None, acting: str | None
) -> Ownership:
    """Return the first intended person who may own records; if nobody may, it is who acts.

    Whoever is inactive or deleted in the directory may not. A subject that the directory does not
    know may, because its person's event can arrive later. Where nobody acts, as after an event of
    another service that names no one, the first intended person stays.
    """
    wanted = list(dict.fromkeys(one for one in intended if one is not None))
    if not wanted:
        return Ownership(acting)
    left = await _names_of_those_who_left(tx, wanted)
    owner_id = next((one for one in wanted if one not in left), acting or wanted[0])
    return Ownership(owner_id, left.get(wanted[0]) if owner_id != wanted[0] else None)


async def _names_of_those_who_left(tx: AsyncConnection, subjects: list[str]) -> dict[str, str]:
    columns = people.c
    query = select(columns.subject, columns.name, columns.active & ~columns.deleted)
    rows = (await tx.execute(query.where(columns.subject.in_(subjects)))).all()
    active = {subject for subject, _, is_active in rows if is_active}
    return {subject: name or "" for subject, name, _ in rows if subject not in active}


@asynccontextmanager
async def ownership_explained(tx: AsyncConnection, ownership: Ownership) -> AsyncIterator[None]:
    """Let the audit entries of the block's writes say who was passed over, if anybody was."""
    if ownership.passed_over is None:
        yield
        return
    before = await audit_reason(tx)
    reason = in_words(PASSED_OVER, name=ownership.passed_over)
    await set_audit_reason(tx, reason)
    yield
    await set_audit_reason(tx, before)


async def announce_ownership(
    tx: AsyncConnection, about: RecordRef, *, name: str, ownership: Ownership, actor: str | None
) -> None:
    """Notify the owner of a new record called `name`, unless they made it for themselves.

    Who acts is notified as well of a record that they got in place of somebody who left.
    """
    if ownership.passed_over is None:
        await announce_owner(tx, about, name=name, owner_id=ownership.owner_id, actor=actor)
        return
    params = {"name": name, "resource": about.resource}
    await notify(tx, ASSIGNED_INSTEAD, about, recipient=ownership.owner_id, params=params)
