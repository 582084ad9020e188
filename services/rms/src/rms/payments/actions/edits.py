"""Commands that edit a payment's notes and transfer it to another owner."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.rms.events import PaymentChanged
from rms.payments.domain.edits import (
    ensure_payment_editable,
    ensure_posting_unchanged,
)
from rms.payments.domain.payment import Payment
from rms.payments.store.tables import PAYMENTS
from rms.payments.store.writes import get_payment, save_payment


async def edit_payment(
    tx: AsyncConnection,
    payment_id: UUID,
    edit: Callable[[Payment], Payment],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Payment:
    """Change note and custom fields and publish it; an edit without effect publishes nothing.

    Raises NotFound, Invalid, RuleBroken (PAYMENT_REVERSED, PAYMENT_POSTED).
    """
    before = await get_payment(tx, payment_id, lock=True)
    ensure_payment_editable(before)
    edited = edit(before)
    ensure_posting_unchanged(before, edited)
    custom_fields = await validated_custom_fields(
        tx, PAYMENTS.resource, edited.custom_fields, before=before.custom_fields
    )
    after = replace(edited, custom_fields=custom_fields)
    if after == before:
        return before
    expected.check(before)
    payment = await save_payment(tx, replace(after, updated_at=now))
    await publish(tx, PaymentChanged(payment=payment.state()), of=payment)
    return payment
