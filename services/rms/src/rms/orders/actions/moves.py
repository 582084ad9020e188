"""An order comes to be, binds both sides, and is amended."""

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
from rms.orders import store
from rms.orders.actions.prepayments import bill_ahead
from rms.orders.domain.amendments import Amendment, Revision, amend
from rms.orders.domain.quotes import ensure_sound, order_of
from rms.payment_terms.actions import default_term, term_of
from rms.payment_terms.domain import Term


async def create_order(tx: AsyncConnection, quote: QuoteState, *, now: datetime) -> None:
    """Make the one order of an accepted quote and publish it; nothing if it is made already.

    Raises RuleBroken (QUOTE_UNSOUND).
    """
    ensure_sound(quote)
    await store.lock_quote(tx, quote.quote_id)
    if await store.has_order(tx, quote.quote_id):
        return
    account_name = await store.account_name(tx, quote.account_id)
    today = await tenant_settings.today(tx, now)
    payment_term = await default_term(tx)
    order = order_of(
        quote,
        order_id=new_id(),
        line_ids=new_id,
        document_no=await next_number(tx, "order", prefix="SO", on=today),
        account_name=account_name or quote.account_name,
        payment_term=payment_term,
        now=now,
    )
    await store.add(tx, order)
    await publish(tx, order.created(), of=order)


async def confirm_order(
    tx: AsyncConnection,
    order_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> None:
    """Let the order bind both sides, owe what is prepaid, and publish it; nothing if it does.

    Raises NotFound, RuleBroken (ORDER_CANCELLED, PREPAYMENT_ALLOCATED).
    """
    before = await store.get(tx, order_id, lock=True)
    order, confirmed = before.confirm(now=now)
    if confirmed is not None:
        expected.check(before)
        order = await store.save(tx, order)
        await publish(tx, confirmed, of=order)
        await bill_ahead(tx, before, order, now=now)


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
    """Change an order of which nothing left yet, keep how it stood before, and publish it.

    Raises NotFound, RuleBroken and Invalid as `amend` does, and Invalid (PAYMENT_TERM_UNKNOWN).
    """
    before = await store.get(tx, order_id, lock=True)
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
    order = await store.save_amended(tx, order, revision)
    await publish(tx, amended, of=order)


async def _term(tx: AsyncConnection, code: str) -> Term:
    term = await term_of(tx, code)
    if term is None:
        raise Invalid([Violation("/payment_term", "PAYMENT_TERM_UNKNOWN")])
    return term
