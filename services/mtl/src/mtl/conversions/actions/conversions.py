"""The commands that convert a lead into records of L2O, and follow the conversion to its end."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.foundation.canonical_json import digest_of
from chassis.jobs import queue
from chassis.records.record_commands import AlreadyMade, visibility_for
from chassis.records.record_lookups import visible_ids
from chassis.web.commands import Command
from chassis.web.operations import store as operations
from contracts.event import Event
from contracts.mtl.events import LeadConverted
from contracts.work import RecordRef
from kernel.errors import Invalid, RuleBroken, Violation
from kernel.ids import new_id
from mtl.accounts.store import ACCOUNTS
from mtl.contacts import store as contacts
from mtl.conversions import store
from mtl.conversions.domain.conversion import (
    CANCELLED,
    REJECTED,
    RUNNING,
    SUCCEEDED,
    TIME_LIMITS,
    UNANSWERED,
    Conversion,
    ConversionRequest,
    ConvertedRecord,
    event_of,
)
from mtl.conversions.domain.mapping import records_of
from mtl.conversions.views.mappings import mapping_number, mapping_of
from mtl.conversions.views.trails import trail_of
from mtl.leads.actions import moves
from mtl.leads.actions.moves import save_move
from mtl.leads.actions.returns import let_person_return
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadMove
from mtl.leads.store import LEAD, LEADS

log = structlog.get_logger()

CONVERSION_DEADLINE_JOB: Final = "conversion_deadline"


async def convert_lead(
    command: Command, lead_id: UUID, request: ConversionRequest, *, sees_all: bool = False
) -> operations.Operation:
    """Start a conversion: L2O creates the records that the lead becomes, or uses existing ones.

    Converting a converted lead into the same returns its running or ended operation.
    `sees_all` tells L2O that the actor may see every account; otherwise L2O checks visibility.
    Raises Invalid (ACCOUNT_MISSING, OPPORTUNITY_NOT_WANTED, CONTACT_UNKNOWN), NotFound, RuleBroken
    (LEAD_NOT_QUALIFIED; ACCOUNT_BEING_MADE by another conversion; CONVERSION_UNSETTLED until L2O
    has answered an earlier one; CONVERSION_NOT_MAPPED), Conflict (MOVE_MADE_OTHERWISE).
    """
    tx = command.tx
    request.ensure_possible()
    asked = _digest(request)
    conversion = await _new_conversion(command, lead_id, request, sees_all=sees_all)

    def convert(lead: Lead) -> tuple[Lead, None] | AlreadyMade:
        if lead.has_made(LeadMove.CONVERT):
            return AlreadyMade(partial(_is_conversion, tx, lead, asked))
        return lead.convert(conversion.ids, now=command.now), None

    async def save(before: Lead, after: Lead, _: Event | None) -> Lead:
        await _ensure_free(tx, lead_id, request)
        event = await _event(tx, after, conversion, wholly=True)
        await store.add(tx, conversion)
        return await save_move(command, before, after, event)

    lead = await moves.convert_lead(command, lead_id, convert, save)
    if lead.conversion_id is not None and lead.conversion_id != conversion.id:
        return await operations.get_operation(tx, lead.conversion_id)
    await queue.enqueue(
        tx,
        CONVERSION_DEADLINE_JOB,
        str(conversion.id),
        run_at=command.now + TIME_LIMITS[0],
        payload={"lead_id": str(lead_id)},
        about=RecordRef(resource=LEADS.resource, record_id=lead_id),
    )
    result = conversion.ids.result()
    return await operations.start_operation(tx, conversion.id, "lead.convert", result, asked=asked)


def _digest(request: ConversionRequest) -> str:
    return digest_of({**vars(request), "records": sorted(request.records)})


async def _new_conversion(
    command: Command, lead_id: UUID, request: ConversionRequest, *, sees_all: bool
) -> Conversion:
    account_id = request.account_id
    if account_id is None and request.contact_id is not None:
        account_id = await _account_of_contact(command, request.contact_id)
    used = request.records if account_id is None else {*request.records, ConvertedRecord.ACCOUNT}
    if request.contact_id is not None:
        used = {*used, ConvertedRecord.CONTACT}
    return Conversion(
        id=new_id(),
        lead_id=lead_id,
        account_id=account_id or new_id(),
        contact_id=request.contact_id or new_id(),
        opportunity_id=new_id(),
        existing_account=account_id is not None,
        existing_contact=request.contact_id is not None,
        records=tuple(one for one in ConvertedRecord if one in used),
        opportunity_name=request.opportunity_name,
        converted_by=command.actor,
        converted_at=command.now,
        sees_all=sees_all,
        mapping_version=await mapping_number(command.tx),
    )


async def _account_of_contact(command: Command, contact_id: UUID) -> UUID:
    """Return the account of a contact that the caller need not name.

    It is one that they see as far as MTL knows. Raises Invalid (CONTACT_UNKNOWN).
    """
    account_id = await contacts.account_of(command.tx, contact_id)
    visibility = await visibility_for(command, ACCOUNTS.resource)
    known = () if account_id is None else (account_id,)
    if account_id not in await visible_ids(command.tx, ACCOUNTS, known, visibility):
        raise Invalid([Violation("/contact_id", "CONTACT_UNKNOWN")])
    assert account_id is not None
    return account_id


async def _ensure_free(tx: AsyncConnection, lead_id: UUID, request: ConversionRequest) -> None:
    account_id = request.account_id
    if account_id is not None and await store.is_account_being_created(tx, account_id):
        raise RuleBroken("ACCOUNT_BEING_MADE", account_id=str(account_id))
    if await store.is_unsettled(tx, lead_id):
        raise RuleBroken("CONVERSION_UNSETTLED")


async def _is_conversion(tx: AsyncConnection, lead: Lead, asked: str) -> bool:
    """Whether the lead was converted by a request with this digest."""
    assert lead.conversion_id is not None
    return await operations.was_asked(tx, lead.conversion_id, asked)


async def _event(
    tx: AsyncConnection, lead: Lead, conversion: Conversion, *, wholly: bool = False
) -> LeadConverted:
    """Return the event of a conversion; a field that cannot be mapped is left out.

    With `wholly` such a field raises RuleBroken (CONVERSION_NOT_MAPPED).
    """
    mapped = (await mapping_of(tx, conversion.mapping_version)).mapped(lead.state())
    if wholly and mapped.failures:
        targets = ", ".join(one.target for one in mapped.failures)
        raise RuleBroken("CONVERSION_NOT_MAPPED", targets=targets)
    return event_of(lead, conversion, records_of(mapped), await trail_of(tx, lead.id))


async def complete_conversion(command: Command, lead_id: UUID, *, conversion_id: UUID) -> None:
    """Note that L2O has the records, and let their person come back as a new lead.

    A lead that was opened again meanwhile, because the answer came late, is converted after all,
    whatever was done with it since. Raises NotFound.
    """
    tx = command.tx
    lead, conversion = await _locked(tx, lead_id, conversion_id)
    if conversion.status not in (RUNNING, CANCELLED):
        return
    if conversion.status is CANCELLED:
        after = lead.convert_after_all(
            conversion.ids, converted_at=conversion.converted_at, now=command.now
        )
        event = await _event(tx, after, conversion)
        lead = await save_move(command, lead, after, event, keyed=False)
    await store.save(tx, conversion.ended(SUCCEEDED))
    await operations.finish_operation(tx, conversion_id, after_all=conversion.status is CANCELLED)
    await let_person_return(tx, lead)


async def reject_conversion(
    command: Command, lead_id: UUID, *, conversion_id: UUID, reason: str, note: str | None = None
) -> None:
    """Open the lead again and fail the operation: L2O has created nothing. Raises NotFound.

    The first answer of L2O counts. A lead that is open already stays as it is.
    """
    tx = command.tx
    lead, conversion = await _locked(tx, lead_id, conversion_id)
    if conversion.status not in (RUNNING, CANCELLED):
        return
    await store.save(tx, conversion.ended(REJECTED))
    if conversion.status is RUNNING:
        await _open_again(command, lead, conversion, reason, note)


async def follow_conversion(
    command: Command, lead_id: UUID, conversion_id: UUID
) -> timedelta | None:
    """Request an unanswered conversion again, or cancel it and open the lead.

    Return how long to wait for an answer then; None if there is one. Raises NotFound.
    """
    tx = command.tx
    lead, conversion = await _locked(tx, lead_id, conversion_id)
    if conversion.status not in (RUNNING, CANCELLED):
        return None
    if conversion.may_be_requested:
        after, event = conversion.requested(await _event(tx, lead, conversion))
        await _save_and_publish(tx, after, event)
        await log.awarning("conversion_requested_again", **_names(after))
        return after.next_check()
    after, cancelled = conversion.cancelled(now=command.now)
    await _save_and_publish(tx, after, cancelled)
    if conversion.status is RUNNING:
        await _open_again(command, lead, conversion, UNANSWERED, None)
    await log.aerror("conversion_unanswered", **_names(after))
    return after.next_check()


async def _locked(
    tx: AsyncConnection, lead_id: UUID, conversion_id: UUID
) -> tuple[Lead, Conversion]:
    """Lock the lead and then its conversion: every command takes them in this order."""
    lead = await LEAD.get(tx, lead_id, lock=True, with_deleted=True)
    return lead, await store.lock(tx, conversion_id)


async def _open_again(
    command: Command, lead: Lead, conversion: Conversion, reason: str, note: str | None
) -> None:
    if lead.is_converted_by(conversion.id):
        await save_move(command, lead, *lead.take_back(reason, note, now=command.now))
    params: Mapping[str, Any] = {} if note is None else {"fields": note}
    await operations.fail_operation(command.tx, conversion.id, {"code": reason, "params": params})


async def _save_and_publish(tx: AsyncConnection, conversion: Conversion, event: Event) -> None:
    await store.save(tx, conversion)
    await publish(tx, event, of=conversion)


def _names(conversion: Conversion) -> dict[str, str]:
    return {
        "lead_id": str(conversion.lead_id),
        "conversion_id": str(conversion.id),
        "begun_at": conversion.converted_at.isoformat(),
    }
