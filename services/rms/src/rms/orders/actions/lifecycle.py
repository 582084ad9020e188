"""Commands that create an order from a quote, confirm it and amend it."""

from dataclasses import replace
from uuid import UUID

from chassis.records import tenant_settings
from chassis.records.access.ownership import announce_ownership, eligible_owner, ownership_explained
from chassis.records.numbers.numbers import next_number
from chassis.records.record_commands import (
    MADE,
    AlreadyMade,
    create_record,
    move_record,
    save_record,
)
from chassis.web.commands import Command
from contracts.cpq.events import QuoteState
from contracts.event import Event
from contracts.work import RecordRef
from kernel.errors import Invalid, Violation
from kernel.ids import new_id
from rms.accounts.store import account_name, account_owner_id
from rms.orders.actions.prepayments import adjust_prepayment
from rms.orders.domain.amendments import Amendment, Revision, amend
from rms.orders.domain.order import Order
from rms.orders.domain.quotes import ensure_quote_consistent, order_from_quote
from rms.orders.store.writes import ORDER, insert_revision, lock_quote, quote_has_order
from rms.payment_terms.actions import default_term, find_active_term


async def create_order(
    command: Command, quote: QuoteState, *, accepted_by: str | None = None
) -> None:
    """Create the order of an accepted quote and publish it; nothing if the quote has an order.

    It belongs to the owner of the quote, else of the account, else to who accepted the quote.
    Raises RuleBroken (QUOTE_UNSOUND).
    """
    tx, now = command.tx, command.now
    ensure_quote_consistent(quote)
    await lock_quote(tx, quote.quote_id)
    if await quote_has_order(tx, quote.quote_id):
        return
    today = await tenant_settings.today(tx, now)
    payment_term = await default_term(tx)
    order = order_from_quote(
        quote,
        order_id=new_id(),
        line_ids=new_id,
        document_no=await next_number(tx, "rms.order", prefix="SO", on=today),
        account_name=await account_name(tx, quote.account_id) or quote.account_name,
        payment_term=payment_term,
        now=now,
    )
    account_owner = await account_owner_id(tx, quote.account_id)
    ownership = await eligible_owner(tx, quote.owner_id, account_owner, acting=accepted_by)
    order = replace(order, owner_id=ownership.owner_id)
    async with ownership_explained(tx, ownership):
        await create_record(command, ORDER, order, validate=False)
    about = RecordRef(resource=ORDER.scoped.resource, record_id=order.id)
    name, actor = order.display_name, accepted_by
    await announce_ownership(tx, about, name=name, ownership=ownership, actor=actor)


async def confirm_order(command: Command, order_id: UUID) -> Order:
    """Confirm the order, create or adjust its prepayment and publish it.

    A confirmed order stays as it is. Raises NotFound, RuleBroken (ORDER_CANCELLED,
    PREPAYMENT_ALLOCATED).
    """

    def confirm(order: Order) -> tuple[Order, Event] | AlreadyMade:
        confirmed, event = order.confirm(now=command.now)
        return MADE if event is None else (confirmed, event)

    async def save(before: Order, after: Order, event: Event | None) -> Order:
        order = await save_record(command, ORDER, before, after, event)
        await adjust_prepayment(command, before, order)
        return order

    return await move_record(command, ORDER, order_id, confirm, save=save)


async def amend_order(
    command: Command, order_id: UUID, amendment: Amendment, *, term_code: str | None
) -> Order:
    """Amend an order, keep its former state as a revision, and publish it.

    Raises NotFound, Invalid (PAYMENT_TERM_UNKNOWN), and what `amend` raises.
    """
    term = None if term_code is None else await find_active_term(command.tx, term_code)
    today = await tenant_settings.today(command.tx, command.now)

    def move(order: Order) -> tuple[Order, Event] | AlreadyMade:
        if term_code is not None and term is None:
            raise Invalid([Violation("/payment_term", "PAYMENT_TERM_UNKNOWN")])
        requested = replace(amendment, payment_term=term)
        amended, event = amend(order, requested, today=today, now=command.now)
        return MADE if event is None else (amended, event)

    async def save(before: Order, after: Order, event: Event | None) -> Order:
        assert command.actor is not None
        revision = Revision(
            id=new_id(),
            order_id=order_id,
            revision=before.revision,
            reason=amendment.reason,
            actor=command.actor,
            state=before.state(),
            created_at=command.now,
        )
        await insert_revision(command.tx, revision)
        return await save_record(command, ORDER, before, after, event)

    return await move_record(command, ORDER, order_id, move, save=save)
