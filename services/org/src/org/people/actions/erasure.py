"""Erasing people: they are deactivated at once, and published again when their names are gone."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import save_record
from chassis.web.commands import Command
from org.people import store
from org.people.actions.activation import set_person_active
from org.people.store import PERSON
from org.principals.actions import lock_tenant_rights


async def deactivate_people(command: Command, ids: Collection[UUID]) -> None:
    """Deactivate the people among these ids, who are to be erased, in the command's tenant.

    Their rights end with the request; the erasure itself runs later. The calling command has
    checked who may. Raises RuleBroken (LAST_ADMINISTRATOR).
    """
    await lock_tenant_rights(command.tx)
    command = replace(command.unconditional, caller=None)
    for person_id in sorted(ids):
        if await store.find(command.tx, person_id) is not None:
            await set_person_active(command, person_id, active=False)


async def publish_erased_people(tx: AsyncConnection, ids: Collection[UUID], now: datetime) -> None:
    """Publish these people as they are now, in a new version; ids of other records are skipped.

    The new version supersedes older events that are still under way and hold the name.
    Called by the erasure job.
    """
    for person_id in sorted(ids):
        if await store.find(tx, person_id) is not None:
            erased = await PERSON.get(tx, person_id, lock=True)
            await save_record(Command(tx, now), PERSON, erased, erased)
