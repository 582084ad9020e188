"""The command that edits a payment's notes."""

from collections.abc import Callable
from uuid import UUID

from chassis.records.record_commands import edit_record
from chassis.web.commands import Command
from rms.payments.domain.edits import ensure_posting_unchanged
from rms.payments.domain.payment import Payment, PaymentMove
from rms.payments.store.writes import PAYMENT


async def edit_payment(
    command: Command, payment_id: UUID, edit: Callable[[Payment], Payment]
) -> Payment:
    """Change note and custom fields of a payment, and publish it.

    Raises what `edit_record` raises, RuleBroken (PAYMENT_REVERSED, PAYMENT_POSTED).
    """

    def edit_notes(payment: Payment) -> Payment:
        payment.ensure_allows(PaymentMove.EDIT)
        edited = edit(payment)
        ensure_posting_unchanged(payment, edited)
        return edited

    return await edit_record(command, PAYMENT, payment_id, edit_notes)
