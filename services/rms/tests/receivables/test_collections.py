"""The task to collect an overdue receivable, and the notices to owners in RMS."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from kernel.ids import new_id
from rms.payments.actions.receipts import PaymentDetails, receive_payment
from rms.payments.actions.returns import reverse_payment
from rms.receivables.actions import (
    allocate_to_receivable,
    reopen_receivable,
    report_overdue,
    transfer_receivable,
)
from rms.receivables.domain import Receivable
from services.rms.tests.factories import (
    NOON,
    TODAY,
    add_account,
    add_receivable,
    add_settings,
    cny,
)
from testkit.directory import Company, subject
from testkit.plugin import PublishedWork
from testkit.published import Work

LATE = NOON + timedelta(days=2)


@pytest.fixture
async def receivable(tx: AsyncConnection) -> Receivable:
    """100.00 of an account of li's, due today."""
    await add_settings(tx)
    await Company(tx).build()
    account_id = await add_account(tx, owner_id=subject("li"))
    return await add_receivable(
        tx, cny("100.00"), account_id=account_id, due_date=TODAY, actor=subject("li")
    )


def collection(step: str, receivable: Receivable, person: str) -> Work:
    text = f"Collect receivable {receivable.document_no} from 星辰科技"
    return Work(step, "COLLECT_RECEIVABLE", "rms.receivable", subject(person), text)


async def allocate(tx: AsyncConnection, receivable: Receivable, amount: str) -> None:
    ids = {"allocation_id": new_id(), "payment_id": new_id()}
    await allocate_to_receivable(Command(tx, NOON), receivable.id, cny(amount), **ids)


async def reopen(tx: AsyncConnection, receivable: Receivable, *, now: datetime) -> None:
    ids = {"allocation_id": new_id(), "reverses_id": new_id(), "payment_id": new_id()}
    await reopen_receivable(Command(tx, now), receivable.id, cny("100.00"), **ids)


async def transfer(
    tx: AsyncConnection, receivable: Receivable, person: str, *, now: datetime
) -> None:
    command = Command(tx, now, actor=subject("sun"))
    await transfer_receivable(command, receivable.id, subject(person))


async def test_an_overdue_receivable_is_its_owners_to_collect_until_it_is_settled(
    tx: AsyncConnection, receivable: Receivable, published_work: PublishedWork
) -> None:
    for _ in range(2):
        await report_overdue(Command(tx, LATE), receivable.id)
    overdue = f"Receivable {receivable.document_no} of 星辰科技 is overdue."
    assert await published_work() == [
        Work("notified", "RECEIVABLE_OVERDUE", "rms.receivable", subject("li"), overdue),
        collection("raised", receivable, "li"),
    ]
    await allocate(tx, receivable, "99.99")
    assert len(await published_work()) == 2
    await allocate(tx, receivable, "0.01")
    assert (await published_work())[2:] == [collection("settled", receivable, "li")]


async def test_a_receivable_reopened_after_its_due_date_is_to_be_collected_again(
    tx: AsyncConnection, receivable: Receivable, published_work: PublishedWork
) -> None:
    await allocate(tx, receivable, "100.00")
    await reopen(tx, receivable, now=NOON)
    assert await published_work() == []  # it is due today
    await allocate(tx, receivable, "100.00")
    await reopen(tx, receivable, now=LATE)
    assert await published_work() == [collection("raised", receivable, "li")]


async def test_the_collection_moves_to_the_new_owner(
    tx: AsyncConnection, receivable: Receivable, published_work: PublishedWork
) -> None:
    await transfer(tx, receivable, "zhou", now=NOON)
    assert await published_work() == []  # not overdue
    await transfer(tx, receivable, "li", now=LATE)
    assert await published_work() == [collection("raised", receivable, "li")]
    # It stays theirs to collect even if the tenant's calendar says that it is not due yet.
    await transfer(tx, receivable, "zhou", now=NOON)
    assert (await published_work())[1:] == [collection("raised", receivable, "zhou")]


async def test_the_owner_is_notified_of_a_payment_recorded_for_them_and_of_its_reversal(
    tx: AsyncConnection, receivable: Receivable, published_work: PublishedWork
) -> None:
    async def receive(owner: str | None) -> UUID:
        owner_id = None if owner is None else subject(owner)
        payment = await receive_payment(
            Command(tx, NOON, actor=subject("sun")),
            account_id=receivable.account_id,
            bank_reference=f"ICBC-{new_id()}",
            amount=cny("50.00"),
            received_date=TODAY,
            details=PaymentDetails(owner_id=owner_id),
        )
        return payment.id

    await receive("sun")
    assert await published_work() == []
    payment_id = await receive("zhou")
    [assigned] = await published_work()
    assert (assigned.kind, assigned.resource, assigned.person) == (
        "ASSIGNED",
        "rms.payment",
        subject("zhou"),
    )
    for _ in range(2):
        await reverse_payment(Command(tx, NOON), payment_id, reason="bounced", returned_date=None)
    [reversed_one] = (await published_work())[1:]
    assert (reversed_one.kind, reversed_one.person) == ("PAYMENT_REVERSED", subject("zhou"))
    assert reversed_one.message.endswith("of 星辰科技 has been reversed.")
