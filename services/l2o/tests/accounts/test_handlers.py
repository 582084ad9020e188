"""The totals of an account: exact under repeated, concurrent and early events."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.processing import Processor
from contracts.event import Event
from contracts.rms.events import (
    MoneyReturn,
    OrderAmended,
    OrderLinesCancelled,
    PaymentRefunded,
    PaymentReversed,
)
from kernel.ids import new_id
from kernel.money import Money
from kernel.sums import MoneySum
from l2o.accounts import store
from l2o.accounts.actions import add_received
from l2o.accounts.domain import CurrencyTotals
from l2o.accounts.handlers import (
    on_order_confirmed,
    on_order_shipped,
    on_order_withdrawn,
    on_payment_received,
    on_payment_refunded,
    on_payment_reversed,
)
from services.l2o.tests.deliveries import CommittedRows, meta, record, subscription
from services.l2o.tests.factories import (
    add_account,
    cny,
    order_confirmed,
    order_shipped,
    payment_received,
)
from testkit.plugin import Committed, PublishedFacts


def yuan(amount: str) -> MoneySum:
    return MoneySum.of(amount, "CNY")


async def test_each_kind_of_event_adds_to_its_total(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    account = await add_account(tx)
    ordered = order_confirmed(account_id=account.id, gross=cny("1000.00"))
    await on_order_confirmed(tx, ordered, meta())
    await on_order_shipped(tx, order_shipped(account.id, cny("400.00")), meta())
    await on_order_shipped(tx, order_shipped(account.id, cny("600.00")), meta())
    await on_payment_received(tx, payment_received(account.id, cny("999.99")), meta())
    assert await store.get_totals(tx, account.id) == [
        CurrencyTotals(
            account_id=account.id,
            ordered=yuan("1000.00"),
            shipped=yuan("1000.00"),
            received=yuan("999.99"),
        )
    ]
    # The account has no new version, and no event is published.
    assert await store.ACCOUNT.get(tx, account.id) == account
    assert await published() == []


async def test_withdrawn_orders_and_returned_payments_are_subtracted(tx: AsyncConnection) -> None:
    """Ordered: 1000.00, amended to 900.00, of which 300.00 are cancelled: 600.00.

    Received: 999.99, less a refund of 99.99 and a reversal of 50.00: 850.00.
    """
    account_id = new_id()
    confirmed = order_confirmed(account_id=account_id, gross=cny("1000.00"))
    again = order_confirmed(account_id=account_id, gross=cny("900.00"))
    order, reason = confirmed.order, "改单"
    await on_order_confirmed(tx, confirmed, meta())
    amended = OrderAmended(order=order, reason=reason, withdrawn_total=cny("1000.00"))
    await on_order_withdrawn(tx, amended, meta())
    await on_order_confirmed(tx, again, meta())
    cancelled = OrderLinesCancelled(
        order=order, lines=(), reason=reason, withdrawn_total=cny("300.00")
    )
    await on_order_withdrawn(tx, cancelled, meta())
    received = payment_received(account_id, cny("999.99"))
    await on_payment_received(tx, received, meta())
    refund = MoneyReturn(
        return_id=new_id(),
        kind="REFUND",
        amount=cny("99.99"),
        returned_date=received.payment.received_date,
        reason="多付",
    )
    await on_payment_refunded(tx, PaymentRefunded(payment=received.payment, refund=refund), meta())
    reversal = refund.model_copy(update={"kind": "REVERSAL", "amount": cny("50.00")})
    reversed_event = PaymentReversed(payment=received.payment, reversal=reversal, allocations=())
    await on_payment_reversed(tx, reversed_event, meta())
    [totals] = await store.get_totals(tx, account_id)
    assert (totals.ordered, totals.received) == (yuan("600.00"), yuan("850.00"))


async def test_events_that_arrive_before_their_account_count(tx: AsyncConnection) -> None:
    account_id = new_id()
    await on_payment_received(tx, payment_received(account_id, cny("7")), meta())
    [totals] = await store.get_totals(tx, account_id)
    assert totals.received == yuan("7")


def sample_events(account_id: UUID) -> list[Event]:
    """20 events of each kind, 0.01 to 0.20 CNY (sum 2.10), and one order in dollars."""
    cents = [cny(f"0.{cent:02d}") for cent in range(1, 21)]
    return [
        *(order_confirmed(account_id=account_id, gross=amount) for amount in cents),
        *(order_shipped(account_id, amount) for amount in cents),
        *(payment_received(account_id, amount) for amount in cents),
        order_confirmed(account_id=account_id, gross=Money.of("3", "USD")),
    ]


async def deliver(database: Database, records: Sequence[ConsumerRecord], seed: int) -> None:
    """Deliver each record twice, in random order, as one consumer."""
    shuffled = [*records, *records]
    Random(seed).shuffle(shuffled)
    await Processor(subscription("totals"), database, monotonic_offsets=False).apply(shuffled)


@pytest.mark.parametrize("seed", range(3))
async def test_totals_are_exact_when_three_consumers_get_every_event_twice(
    committed: Committed, stored: CommittedRows, tenant: UUID, seed: int
) -> None:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
    records = [record(tenant, event) for event in sample_events(account.id)]
    await asyncio.gather(*(deliver(committed.worker, records, seed * 10 + at) for at in range(3)))
    async with committed.app.begin(tenant) as tx:
        in_yuan, in_dollars = await store.get_totals(tx, account.id)
    expected = yuan("2.10")
    assert (in_yuan.ordered, in_yuan.shipped, in_yuan.received) == (expected,) * 3
    assert (in_dollars.ordered, in_dollars.shipped) == (
        MoneySum.of("3", "USD"),
        MoneySum.zero("USD"),
    )
    assert await stored.parked() == []


AMOUNTS = st.lists(
    st.decimals("0.01", "99999999999", places=2, allow_nan=False), min_size=1, max_size=12
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(amounts=AMOUNTS)
async def test_a_total_is_the_exact_sum_of_its_amounts(
    tx: AsyncConnection, amounts: list[Decimal]
) -> None:
    account_id = new_id()
    for amount in amounts:
        await add_received(tx, account_id, Money(amount, "CNY"))
    [totals] = await store.get_totals(tx, account_id)
    assert totals.received == MoneySum(sum(amounts, Decimal(0)), "CNY")


async def test_tenants_have_separate_totals(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    account_id, other = new_id(), new_id()
    processor = Processor(subscription("totals"), committed.worker)
    for owner, amount in [(tenant, "1"), (other, "10")]:
        await processor.apply([record(owner, payment_received(account_id, cny(amount)))])
    for owner, amount in [(tenant, "1"), (other, "10")]:
        async with committed.app.begin(owner) as tx:
            [totals] = await store.get_totals(tx, account_id)
        assert totals.received == yuan(amount)
    assert await stored.parked() == []


async def test_totals_have_room_for_many_of_the_largest_amounts(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    account_id = new_id()
    largest = cny("9999999999999999.99")
    received = [payment_received(account_id, largest) for _ in range(20)]
    ordered = order_confirmed(account_id=account_id, gross=cny("5"))
    records = [record(tenant, event, partition=0) for event in [*received, ordered]]
    await Processor(subscription("totals"), committed.worker).apply(records)
    async with committed.app.begin(tenant) as tx:
        [totals] = await store.get_totals(tx, account_id)
    assert totals.received == yuan("199999999999999999.80")
    assert totals.ordered == yuan("5")
    assert await stored.parked() == []
