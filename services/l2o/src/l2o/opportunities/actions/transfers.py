"""Transfers of opportunities that go along with their account."""

from collections.abc import Sequence

from chassis.records.access.along import TransferredRecord, WentAlong
from chassis.records.access.transfers import TransferRequest, transfer_records
from chassis.records.access.visibility import directory_visibility
from chassis.records.document_transfers import transfer_of
from chassis.web.commands import Command
from kernel.errors import RuleBroken
from l2o.opportunities import store
from l2o.opportunities.store import OPPORTUNITIES, OPPORTUNITY


async def go_along_with_account(
    command: Command, account: TransferredRecord, /
) -> Sequence[WentAlong]:
    """Transfer the open opportunities of an account that its former owner had.

    Each is answered by itself: one that the caller may not transfer stays where it is. Raises
    RuleBroken (OPPORTUNITIES_STAY_HIDDEN) if the new owner would not see one that stays.
    """
    went: list[WentAlong] = []
    if OPPORTUNITIES.resource in command.along and account.from_owner_id is not None:
        ids = await store.open_ids_of_owner(command.tx, account.id, account.from_owner_id)
        give = transfer_of(OPPORTUNITY)
        request = TransferRequest(OPPORTUNITIES, give, account.owner_id, of_many=True)
        outcomes = await transfer_records(command, request, ids)
        went.append(WentAlong(OPPORTUNITIES.resource, outcomes))
    visibility = await directory_visibility(command.tx, account.owner_id, command.now)
    hidden = await store.count_open_hidden(command.tx, account.id, visibility)
    if hidden:
        raise RuleBroken("OPPORTUNITIES_STAY_HIDDEN", count=hidden)
    return went
