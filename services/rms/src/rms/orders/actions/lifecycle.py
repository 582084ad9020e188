"""Commands that create an order from a quote, confirm it and amend it."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records import tenant_settings
from chassis.records.numbers.numbers import next_number
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.cpq.events import QuoteState
from kernel.errors import Invalid, Violation
from kernel.ids import new_id
from rms.accounts.store import account_name
from rms.orders.actions.prepayments import adjust_prepayment
from rms.orders.domain.amendments import Amendment, Revision, amend
from rms.orders.domain.quotes import ensure_quote_consistent, order_from_quote
from rms.orders.store.writes import (
    get_order,
    insert_order,
    lock_quote,
    quote_has_order,
    save_amended_order,
    save_order,
)
from rms.payment_terms.actions import default_term, find_active_term
from rms.payment_terms.domain import AgreedTerm


async def create_order(tx: AsyncConnection, quote: QuoteState, *, now: datetime) -> None:
    """Create the order of an accepted quote and publish it; nothing if the quote has an order.

    Raises RuleBroken (QUOTE_UNSOUND).
    """
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
        document_no=await next_number(tx, "order", prefix="SO", on=today),
        account_name=await account_name(tx, quote.account_id) or quote.account_name,
        payment_term=payment_term,
        now=now,
    )
    await insert_order(tx, order)
    await publish(tx, order.created_event(), of=order)


async def confirm_order(
    tx: AsyncConnection,
    order_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Confirm the order, create or adjust its prepayment and publish it.

    A confirmed order stays as it is. Raises NotFound, RuleBroken (ORDER_CANCELLED,
    PREPAYMENT_ALLOCATED).
    """
    before = await get_order(tx, order_id, lock=True)
    order, confirmed = before.confirm(now=now)
    if confirmed is not None:
        expected.check(before)
        order = await save_order(tx, order)
        await publish(tx, confirmed, of=order)
        await adjust_prepayment(tx, before, order, now=now)


async def amend_order(
    tx: AsyncConnection,
    order_id: UUID,
    amendment: Amendment,
    *,
    term_code: str | None,
    actor: str,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Amend an order, keep its former state as a revision, and publish it.

    Raises NotFound, Invalid (PAYMENT_TERM_UNKNOWN), and what `amend` raises.
    """
    before = await get_order(tx, order_id, lock=True)
    if term_code is not None:
        amendment = replace(amendment, payment_term=await _term(tx, term_code))
    today = await tenant_settings.today(tx, now)
    order, amended = amend(before, amendment, today=today, now=now)
    if amended is None:
        return
    expected.check(before)
    revision = Revision(
        id=new_id(),
        order_id=order_id,
        revision=before.revision,
        reason=amendment.reason,
        actor=actor,
        state=before.state(),
        created_at=now,
    )
    order = await save_amended_order(tx, order, revision)
    await publish(tx, amended, of=order)


async def _term(tx: AsyncConnection, code: str) -> AgreedTerm:
    term = await find_active_term(tx, code)
    if term is None:
        raise Invalid([Violation("/payment_term", "PAYMENT_TERM_UNKNOWN")])
    return term
