"""Erasing people: they are deactivated at once; the erasure itself runs later."""

from collections.abc import Collection
from dataclasses import replace
from uuid import UUID

from chassis.web.commands import Command
from org.people import store
from org.people.actions.activation import set_person_active
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
