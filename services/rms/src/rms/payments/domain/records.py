"""Whose a payment is, and whether what is noted of it may change."""

from dataclasses import replace
from datetime import datetime

from contracts.rms import events as facts
from kernel.errors import RuleBroken
from rms.payments.domain.payment import REFUSALS, Payment, PaymentStatus


def assign(
    payment: Payment, owner_id: str, *, actor: str, reason: str | None, now: datetime
) -> tuple[Payment, facts.PaymentAssigned]:
    """It has another owner from now on."""
    assigned = replace(payment, owner_id=owner_id, updated_at=now)
    fact = facts.PaymentAssigned(
        payment=assigned.state(),
        from_owner_id=payment.owner_id,
        assigned_by=actor,
        reason=reason,
    )
    return assigned, fact


def ensure_editable(payment: Payment) -> None:
    """Raises RuleBroken (PAYMENT_REVERSED)."""
    if payment.status is PaymentStatus.REVERSED:
        raise RuleBroken(REFUSALS[payment.status], document_no=payment.document_no)


def ensure_posted_as(payment: Payment, wanted: Payment) -> None:
    """What arrived stays as it was posted. Raises RuleBroken (PAYMENT_POSTED)."""
    same = (
        payment.account_id == wanted.account_id
        and payment.amount == wanted.amount
        and payment.received_date == wanted.received_date
        and payment.bank_reference == wanted.bank_reference
    )
    if not same:
        raise RuleBroken("PAYMENT_POSTED", document_no=payment.document_no)
