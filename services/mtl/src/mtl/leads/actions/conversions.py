"""The commands that convert a lead into records of L2O."""

from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.canonical_json import digest_of
from chassis.jobs import queue
from chassis.records.record_commands import AlreadyMade, move_record
from chassis.web.commands import Command
from chassis.web.operations import store as operations
from contracts.event import Event
from contracts.work import RecordRef
from kernel.errors import RuleBroken
from kernel.ids import new_id
from mtl.leads.actions.moves import save_move
from mtl.leads.domain.lead import ConversionIds, Lead
from mtl.leads.domain.moves import LeadMove
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.conversions import is_account_being_created

log = structlog.get_logger()

CONVERSION_DEADLINE_JOB = "conversion_deadline"
CONVERSION_TIME_LIMIT = timedelta(minutes=15)


async def convert_lead(
    command: Command,
    lead_id: UUID,
    *,
    account_id: UUID | None,
    opportunity_name: str | None,
    sees_all: bool = False,
) -> operations.Operation:
    """Start a conversion: L2O creates a contact, an opportunity and an account (or uses one).

    Converting a converted lead into the same returns its running or ended operation.
    `sees_all` tells L2O that the actor may see every account; otherwise L2O checks visibility.
    Raises NotFound, RuleBroken (LEAD_NOT_QUALIFIED; ACCOUNT_BEING_MADE by another conversion),
    Conflict (MOVE_MADE_OTHERWISE).
    """
    tx, now = command.tx, command.now
    asked = digest_of({"account_id": account_id, "opportunity_name": opportunity_name})
    ids = ConversionIds(
        conversion_id=new_id(),
        account_id=account_id or new_id(),
        contact_id=new_id(),
        opportunity_id=new_id(),
        existing_account=account_id is not None,
    )

    def convert(lead: Lead) -> tuple[Lead, Event] | AlreadyMade:
        if lead.has_made(LeadMove.CONVERT):
            return AlreadyMade(partial(_is_conversion, tx, lead, asked))
        return lead.convert(
            ids, opportunity_name=opportunity_name, actor=command.actor, sees_all=sees_all, now=now
        )

    async def save(before: Lead, after: Lead, event: Event | None) -> Lead:
        if account_id is not None and await is_account_being_created(tx, account_id):
            raise RuleBroken("ACCOUNT_BEING_MADE", account_id=str(account_id))
        return await save_move(command, before, after, event)

    lead = await move_record(command, LEAD, lead_id, convert, save=save)
    if lead.conversion_id is not None and lead.conversion_id != ids.conversion_id:
        return await operations.get_operation(tx, lead.conversion_id)
    key, payload = str(ids.conversion_id), {"lead_id": str(lead_id)}
    deadline = now + CONVERSION_TIME_LIMIT
    about = RecordRef(resource=LEADS.resource, record_id=lead_id)
    await queue.enqueue(
        tx, CONVERSION_DEADLINE_JOB, key, run_at=deadline, payload=payload, about=about
    )
    return await operations.start_operation(
        tx, ids.conversion_id, "lead.convert", ids.result(), asked=asked
    )


async def _is_conversion(tx: AsyncConnection, lead: Lead, asked: str) -> bool:
    """Whether the lead was converted by a request with this digest."""
    assert lead.conversion_id is not None
    return await operations.was_asked(tx, lead.conversion_id, asked)


async def complete_conversion(tx: AsyncConnection, conversion_id: UUID) -> None:
    """Mark the operation as succeeded: L2O has created the records. Raises NotFound."""
    await operations.finish_operation(tx, conversion_id)


async def report_overdue_conversion(
    tx: AsyncConnection, conversion_id: UUID, *, lead_id: UUID
) -> bool:
    """Log an error if the conversion is still running; return whether it is. Raises NotFound.

    The lead stays CONVERTED, as L2O may still create the records once the event is redriven.
    """
    operation = await operations.get_operation(tx, conversion_id)
    if operation.ended:
        return False
    await log.aerror(
        "conversion_overdue",
        lead_id=str(lead_id),
        conversion_id=str(conversion_id),
        begun_at=operation.created_at.isoformat(),
        **operation.result,
    )
    return True


async def reject_conversion(
    command: Command, lead_id: UUID, *, conversion_id: UUID, reason: str
) -> None:
    """Reopen the lead and fail the operation: L2O has created nothing. Raises NotFound.

    A late rejection (the conversion has ended or was superseded) does not change the lead.
    """
    tx = command.tx
    before = await LEAD.get(tx, lead_id, lock=True, with_deleted=True)
    operation = await operations.get_operation(tx, conversion_id)
    if before.is_converted_by(conversion_id) and not operation.ended:
        await save_move(command, before, *before.take_back(reason, now=command.now))
    await operations.fail_operation(tx, conversion_id, {"code": reason})
