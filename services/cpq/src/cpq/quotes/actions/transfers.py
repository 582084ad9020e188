"""Transfers of quotes that go along with their opportunity."""

from dataclasses import replace
from uuid import UUID

from chassis.records.access.ownership import announce_ownership, eligible_owner
from chassis.records.access.transfers import add_owner_change
from chassis.records.record_commands import save_record
from chassis.web.commands import Command
from contracts.work import RecordRef
from cpq.quotes import store
from cpq.quotes.store import QUOTE, QUOTES


async def transfer_open_quotes(
    command: Command, opportunity_id: UUID, *, from_owner_id: str, owner_id: str
) -> None:
    """Give the open quotes of an opportunity that its former owner had to the new one.

    A repeat finds none of them. If the new owner has left meanwhile, they stay where they are.
    """
    ownership = await eligible_owner(command.tx, owner_id, from_owner_id, acting=command.actor)
    if ownership.owner_id in (None, from_owner_id):
        return
    for quote_id in await store.open_ids_of_owner(command.tx, opportunity_id, from_owner_id):
        before = await QUOTE.get(command.tx, quote_id, lock=True)
        if before.owner_id != from_owner_id:
            continue
        saved = await save_record(
            command, QUOTE, before, replace(before, owner_id=ownership.owner_id)
        )
        await add_owner_change(
            command, QUOTES, quote_id, before=from_owner_id, after=saved.owner_id
        )
        about = RecordRef(resource=QUOTES.resource, record_id=quote_id)
        await announce_ownership(
            command.tx, about, name=saved.display_name, ownership=ownership, actor=command.actor
        )
