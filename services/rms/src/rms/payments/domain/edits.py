"""Rules for editing a payment and for transferring it to another owner."""

from dataclasses import replace
from datetime import datetime

from contracts.rms import events
from kernel.errors import RuleBroken
from rms.payments.domain.payment import PAYMENT_STATUS_ERRORS, Payment, PaymentStatus


def assign_payment(
    payment: Payment, owner_id: str, *, actor: str, reason: str | None, now: datetime
) -> tuple[Payment, events.PaymentAssigned]:
    """Give the payment another owner; returns the payment and its event."""
    assigned = replace(payment, owner_id=owner_id, updated_at=now)
    event = events.PaymentAssigned(
        payment=assigned.state(),
        from_owner_id=payment.owner_id,
        assigned_by=actor,
        reason=reason,
    )
    return assigned, event


def ensure_payment_editable(payment: Payment) -> None:
    """Raise RuleBroken (PAYMENT_REVERSED) if the payment is reversed."""
    if payment.status is PaymentStatus.REVERSED:
        raise RuleBroken(PAYMENT_STATUS_ERRORS[payment.status], document_no=payment.document_no)


def ensure_posting_unchanged(payment: Payment, edited: Payment) -> None:
    """Raise RuleBroken (PAYMENT_POSTED) if account, amount, date or bank reference change."""
    unchanged = (
        payment.account_id == edited.account_id
        and payment.amount == edited.amount
        and payment.received_date == edited.received_date
        and payment.bank_reference == edited.bank_reference
    )
    if not unchanged:
        raise RuleBroken("PAYMENT_POSTED", document_no=payment.document_no)
