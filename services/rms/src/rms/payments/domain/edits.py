"""Rules for editing a payment and for transferring it to another owner."""

from kernel.errors import RuleBroken
from rms.payments.domain.payment import PAYMENT_STATUS_ERRORS, Payment, PaymentStatus


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
