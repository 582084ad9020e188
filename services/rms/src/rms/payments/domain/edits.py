"""The rule for editing a payment."""

from kernel.errors import RuleBroken
from rms.payments.domain.payment import Payment


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
