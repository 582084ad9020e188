"""The command that records a payment received from a customer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records import tenant_settings
from chassis.records.access.ownership import (
    Ownership,
    announce_ownership,
    eligible_owner,
    ownership_explained,
)
from chassis.records.access.transfers import active_owner_name
from chassis.records.access.visibility import Visibility
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.numbers.numbers import next_number
from chassis.records.record_commands import visibility_for
from chassis.web.commands import Command
from contracts.rms.events import PaymentReceived
from contracts.work import RecordRef
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money import Money
from rms.accounts.views import find_account
from rms.payments.domain.payment import Payment
from rms.payments.domain.receipts import ensure_valid_receipt
from rms.payments.store.tables import PAYMENTS
from rms.payments.store.writes import PAYMENT, find_payment_by_reference, insert_payment


@dataclass(frozen=True, kw_only=True)
class PaymentDetails:
    """Optional fields of a new payment; `owner_id` replaces the account's owner."""

    owner_id: str | None = None
    note: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)


async def receive_payment(
    command: Command,
    *,
    account_id: UUID,
    bank_reference: str,
    amount: Money,
    received_date: date,
    details: PaymentDetails = PaymentDetails(),
) -> Payment:
    """Record and publish a payment of `details.owner_id`, else the account's owner, else the actor.

    The owner is notified. An account that the caller does not see counts as unknown. Raises
    Invalid (ACCOUNT_UNKNOWN, DATE_TOO_EARLY, OWNER_UNKNOWN, ...), Conflict (PAYMENT_DUPLICATE).
    """
    tx, now = command.tx, command.now
    visibility = await visibility_for(command, PAYMENTS.resource)
    today = await tenant_settings.today(tx, now)
    account = await find_account(tx, account_id, visibility)
    ensure_valid_receipt(received_date, today=today, account_known=account is not None)
    assert account is not None
    ownership = await _ownership(command, details.owner_id, account.owner_id)
    payment = Payment(
        id=new_id(),
        document_no=await next_number(tx, "rms.payment", prefix="PY", on=today),
        account_id=account_id,
        account_name=account.name,
        bank_reference=bank_reference,
        amount=amount,
        allocated=Money.zero(amount.currency),
        returned=Money.zero(amount.currency),
        received_date=received_date,
        owner_id=ownership.owner_id,
        note=details.note,
        custom_fields=await _validated(tx, details),
        created_at=now,
        updated_at=now,
    )
    async with ownership_explained(tx, ownership):
        await _post(tx, payment, visibility)
    return await _announced(command, payment, ownership)


async def _announced(command: Command, payment: Payment, ownership: Ownership) -> Payment:
    """Notify the owner of a new payment, and return it."""
    about = RecordRef(resource=PAYMENTS.resource, record_id=payment.id)
    name, actor = payment.display_name, command.actor
    await announce_ownership(command.tx, about, name=name, ownership=ownership, actor=actor)
    return payment


async def _ownership(command: Command, named: str | None, of_account: str | None) -> Ownership:
    """Return who owns the payment; a named owner was validated."""
    if named is not None:
        return Ownership(named)
    return await eligible_owner(command.tx, of_account, acting=command.actor)


async def _validated(tx: AsyncConnection, details: PaymentDetails) -> dict[str, Any]:
    if details.owner_id is not None:
        await active_owner_name(tx, details.owner_id)
    return await validated_custom_fields(tx, PAYMENTS.resource, details.custom_fields)


async def _post(tx: AsyncConnection, payment: Payment, visibility: Visibility) -> None:
    """The conflict names the existing payment only if the caller sees that one."""
    if not await insert_payment(tx, payment):
        existing = await find_payment_by_reference(tx, payment.bank_reference, visibility)
        if existing is None:
            raise Conflict("PAYMENT_DUPLICATE_HIDDEN")
        params = {"payment_id": str(existing.id), "document_no": existing.document_no}
        raise Conflict("PAYMENT_DUPLICATE", **params)
    await publish(tx, PAYMENT.event(PaymentReceived, payment), of=payment)
