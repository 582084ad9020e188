"""Money arrives; what is noted of it and whose it is may change, what was posted does not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish
from chassis.records import tenant_settings
from chassis.records.access.transfers import owner_name
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.custom_fields.values import validated_custom_fields
from chassis.records.numbers.numbers import next_number
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from contracts.rms.events import PaymentChanged
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money import Money
from rms.payments import store
from rms.payments.domain import records
from rms.payments.domain.payment import Payment, ensure_plausible


@dataclass(frozen=True, kw_only=True)
class Details:
    """What may be noted of a payment, and to whom it belongs if not to the account's owner."""

    owner_id: str | None = None
    note: str | None = None
    custom_fields: Mapping[str, Any] = field(default_factory=dict)


async def receive_payment(
    tx: AsyncConnection,
    *,
    account_id: UUID,
    bank_reference: str,
    amount: Money,
    received_date: date,
    now: datetime,
    details: Details = Details(),
    caller: str | None = None,
    visibility: Visibility = EVERYTHING,
) -> Payment:
    """Store money that arrived and publish it; it belongs to the account's owner, or the caller.

    An account beyond `visibility` is unknown. Raises Invalid (ACCOUNT_UNKNOWN, DATE_TOO_EARLY,
    DATE_IN_FUTURE, OWNER_UNKNOWN, OWNER_INACTIVE, ...) and Conflict (PAYMENT_DUPLICATE).
    """
    today = await tenant_settings.today(tx, now)
    account_name, owner_id = await store.known_account(tx, account_id, visibility)
    ensure_plausible(received_date, today=today, account_known=account_name is not None)
    assert account_name is not None
    fields = await _checked(tx, details)
    payment = Payment(
        id=new_id(),
        document_no=await next_number(tx, "payment", prefix="PY", on=today),
        account_id=account_id,
        account_name=account_name,
        bank_reference=bank_reference,
        amount=amount,
        allocated=Money.zero(amount.currency),
        returned=Money.zero(amount.currency),
        received_date=received_date,
        owner_id=details.owner_id or owner_id or caller,
        note=details.note,
        custom_fields=fields,
        created_at=now,
        updated_at=now,
    )
    await _post(tx, payment, visibility)
    return payment


async def _checked(tx: AsyncConnection, details: Details) -> dict[str, Any]:
    if details.owner_id is not None:
        await owner_name(tx, details.owner_id)
    return await validated_custom_fields(tx, store.PAYMENTS.resource, details.custom_fields)


async def _post(tx: AsyncConnection, payment: Payment, visibility: Visibility) -> None:
    """A payment that is there already is named only to those who see it."""
    if not await store.add(tx, payment):
        other = await store.by_reference(tx, payment.bank_reference, visibility)
        told = {"payment_id": str(other.id), "document_no": other.document_no} if other else {}
        raise Conflict("PAYMENT_DUPLICATE", **told)
    await publish(tx, payment.received(), of=payment)


async def edit_payment(
    tx: AsyncConnection,
    payment_id: UUID,
    edit: Callable[[Payment], Payment],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> Payment:
    """Change what is noted of it; what changes nothing publishes nothing.

    Raises NotFound, Invalid, RuleBroken (PAYMENT_REVERSED, PAYMENT_POSTED).
    """
    before = await store.get(tx, payment_id, lock=True)
    records.ensure_editable(before)
    edited = edit(before)
    records.ensure_posted_as(before, edited)
    resource = store.PAYMENTS.resource
    fields = await validated_custom_fields(
        tx, resource, edited.custom_fields, before=before.custom_fields
    )
    after = replace(edited, custom_fields=fields)
    if after == before:
        return before
    expected.check(before)
    payment = await store.save(tx, replace(after, updated_at=now))
    await publish(tx, PaymentChanged(payment=payment.state()), of=payment)
    return payment


async def transfer_payment(
    tx: AsyncConnection,
    payment_id: UUID,
    owner_id: str,
    expected: Precondition,
    actor: str,
    now: datetime,
    *,
    reason: str | None = None,
) -> Payment:
    """One that has this owner answers itself. Raises NotFound."""
    before = await store.get(tx, payment_id, lock=True)
    if before.owner_id == owner_id:
        return before
    expected.check(before)
    payment, assigned = records.assign(before, owner_id, actor=actor, reason=reason, now=now)
    payment = await store.save(tx, payment)
    await publish(tx, assigned, of=payment)
    return payment
