"""Asks for the approval of a quote, withdraws the request, and acts on the answer."""

from functools import partial
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import business_date
from chassis.records.approvals.actions import end_request, request_approval
from chassis.records.approvals.domain import ApprovalRequest
from chassis.records.record_commands import MADE, AlreadyMade, move_record, save_record
from chassis.records.tenant_settings import settings_of
from chassis.web.commands import Command
from contracts.approvals import RequestStatus
from contracts.cpq.approvals import QUOTE_DISCOUNT
from contracts.cpq.events import QuoteChanged
from contracts.event import Event
from contracts.work import RecordRef
from cpq.quotes.domain.approval import ensure_needed, quote_facts, quote_line_facts
from cpq.quotes.domain.quote import Quote, QuoteStatus
from cpq.quotes.store import QUOTE
from cpq.rule_sets.store import QUOTE_APPROVAL, VERSIONS
from rules.approval_facts import fact_schema
from rules.evaluation import Evaluator
from rules.kept_evaluators import evaluator_of


async def approval_rules(tx: AsyncConnection) -> Evaluator | None:
    """Return the rules that say which quotes need an approval; None without any."""
    version = await VERSIONS.latest(tx, QUOTE_APPROVAL)
    if version is None:
        return None
    return evaluator_of(fact_schema(QUOTE_DISCOUNT), version.content)


async def submit_quote(command: Command, quote_id: UUID) -> Quote:
    """Ask for the approval of a draft; one that waits for it is returned unchanged.

    Raises NotFound, RuleBroken (QUOTE_NEEDS_NO_APPROVAL, QUOTE_NOT_DRAFT, QUOTE_EXPIRED).
    """
    timezone = (await settings_of(command.tx)).timezone
    rules = await approval_rules(command.tx)

    def submit(quote: Quote) -> tuple[Quote, Event | None] | AlreadyMade:
        if quote.status is QuoteStatus.IN_APPROVAL:
            return MADE
        ensure_needed(quote, rules)
        return quote.submit(today=business_date(command.now, timezone)), None

    return await move_record(command, QUOTE, quote_id, submit, save=partial(_save, command))


async def _save(command: Command, before: Quote, after: Quote, event: Event | None) -> Quote:
    waiting = await save_record(command, QUOTE, before, after, QuoteChanged)
    assert command.actor is not None
    request = await request_approval(
        command.tx,
        QUOTE_DISCOUNT,
        waiting,
        quote_facts(waiting),
        quote_line_facts(waiting),
        requested_by=command.actor,
        now=command.now,
        record_people={"owner": waiting.owner_id},
    )
    if request.status is RequestStatus.PENDING:
        return waiting
    return await answer_quote(command, request)  # desk is not deployed


async def withdraw_quote(command: Command, quote_id: UUID) -> Quote:
    """Take a quote back from approval; a draft is returned unchanged.

    Raises NotFound, RuleBroken (QUOTE_NOT_IN_APPROVAL).
    """

    def withdraw(quote: Quote) -> tuple[Quote, Event | None] | AlreadyMade:
        return MADE if quote.is_draft else (quote.take_back(), None)

    async def save(before: Quote, after: Quote, event: Event | None) -> Quote:
        about = RecordRef(resource=QUOTE.scoped.resource, record_id=before.id)
        status, by, now = RequestStatus.WITHDRAWN, command.actor, command.now
        await end_request(command.tx, about, status, by=by, now=now)
        return await save_record(command, QUOTE, before, after, QuoteChanged)

    return await move_record(command, QUOTE, quote_id, withdraw, save=save)


async def answer_quote(command: Command, request: ApprovalRequest) -> Quote:
    """Let an approved quote be sent; any other answer makes it a draft again.

    Called with the quote locked, while it waits for this answer.
    """

    def answered(quote: Quote) -> tuple[Quote, Event | None]:
        is_approved = request.status is RequestStatus.APPROVED
        return (quote.approve() if is_approved else quote.take_back()), None

    async def save(before: Quote, after: Quote, event: Event | None) -> Quote:
        return await save_record(command, QUOTE, before, after, QuoteChanged)

    return await move_record(command.unconditional, QUOTE, request.record_id, answered, save=save)
