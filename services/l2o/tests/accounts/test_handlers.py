"""The totals of an account: exact, whatever is told twice, at once or before the account."""

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
from chassis.events.consumer.decoded_records import Consumed
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
from l2o.accounts import actions, store
from l2o.accounts.domain import Totals
from l2o.accounts.handlers import (
    on_order_confirmed,
    on_order_shipped,
    on_order_withdrawn,
    on_payment_received,
    on_payment_refunded,
    on_payment_reversed,
)
from services.l2o.tests.deliveries import Stored, meta, record, subscription
from services.l2o.tests.factories import (
    add_account,
    cny,
    order_confirmed,
    order_shipped,
    payment_received,
)
from testkit.plugin import Committed, PublishedFacts


async def test_each_fact_has_its_counter(tx: AsyncConnection, published: PublishedFacts) -> None:
    account = await add_account(tx)
    ordered = order_confirmed(account_id=account.id, gross=cny("1000.00"))
    await on_order_confirmed(tx, ordered, meta())
    await on_order_shipped(tx, order_shipped(account.id, cny("400.00")), meta())
    await on_order_shipped(tx, order_shipped(account.id, cny("600.00")), meta())
    await on_payment_received(tx, payment_received(account.id, cny("999.99")), meta())
    assert await store.totals_of(tx, account.id) == [
        Totals(
            account_id=account.id,
            ordered=cny("1000.00"),
            shipped=cny("1000.00"),
            received=cny("999.99"),
        )
    ]
    # Counters are no version of the account, and nobody is told.
    assert await store.get(tx, account.id) == account
    assert await published() == []


async def test_what_is_withdrawn_or_goes_back_counts_no_more(tx: AsyncConnection) -> None:
    """1000.00 confirmed, amended to 900.00, confirmed again, of it 300.00 cancelled: 600.00.

    Of 999.99 that came 99.99 are given back, and 50.00 bounced: 850.00.
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
    back = MoneyReturn(
        return_id=new_id(),
        kind="REFUND",
        amount=cny("99.99"),
        returned_date=received.payment.received_date,
        reason="多付",
    )
    await on_payment_refunded(tx, PaymentRefunded(payment=received.payment, refund=back), meta())
    bounced = back.model_copy(update={"kind": "REVERSAL", "amount": cny("50.00")})
    reversed_ = PaymentReversed(payment=received.payment, reversal=bounced, allocations=())
    await on_payment_reversed(tx, reversed_, meta())
    [totals] = await store.totals_of(tx, account_id)
    assert (totals.ordered, totals.received) == (cny("600.00"), cny("850.00"))


async def test_what_comes_before_its_account_counts(tx: AsyncConnection) -> None:
    account_id = new_id()
    await on_payment_received(tx, payment_received(account_id, cny("7")), meta())
    [totals] = await store.totals_of(tx, account_id)
    assert totals.received == cny("7")


def the_facts(account_id: UUID) -> list[Event]:
    """20 of each kind, of 0.01, 0.02, ... 0.20 CNY: 2.10 each; and one order in dollars."""
    cents = [cny(f"0.{cent:02d}") for cent in range(1, 21)]
    return [
        *(order_confirmed(account_id=account_id, gross=each) for each in cents),
        *(order_shipped(account_id, each) for each in cents),
        *(payment_received(account_id, each) for each in cents),
        order_confirmed(account_id=account_id, gross=Money.of("3", "USD")),
    ]


async def deliver(database: Database, records: Sequence[Consumed], seed: int) -> None:
    """One consumer: each record twice, in an order of its own."""
    mine = [*records, *records]
    Random(seed).shuffle(mine)
    await Processor(subscription("totals"), database, offsets_rise=False).apply(mine)


@pytest.mark.parametrize("seed", range(3))
async def test_totals_stay_exact_when_everything_comes_six_times(
    committed: Committed, stored: Stored, tenant: UUID, seed: int
) -> None:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
    records = [record(tenant, event) for event in the_facts(account.id)]
    await asyncio.gather(*(deliver(committed.worker, records, seed * 10 + at) for at in range(3)))
    async with committed.app.begin(tenant) as tx:
        in_yuan, in_dollars = await store.totals_of(tx, account.id)
    exactly = cny("2.10")
    assert (in_yuan.ordered, in_yuan.shipped, in_yuan.received) == (exactly,) * 3
    assert (in_dollars.ordered, in_dollars.shipped) == (Money.of("3", "USD"), Money.zero("USD"))
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
async def test_the_sum_is_the_sum(tx: AsyncConnection, amounts: list[Decimal]) -> None:
    account_id = new_id()
    for amount in amounts:
        await actions.count_received(tx, account_id, Money(amount, "CNY"))
    [totals] = await store.totals_of(tx, account_id)
    assert totals.received == Money(sum(amounts, Decimal(0)), "CNY")


async def test_totals_are_the_tenants_own(
    committed: Committed, stored: Stored, tenant: UUID
) -> None:
    account_id, other = new_id(), new_id()
    processor = Processor(subscription("totals"), committed.worker)
    for whose, amount in [(tenant, "1"), (other, "10")]:
        await processor.apply([record(whose, payment_received(account_id, cny(amount)))])
    for whose, amount in [(tenant, "1"), (other, "10")]:
        async with committed.app.begin(whose) as tx:
            [totals] = await store.totals_of(tx, account_id)
        assert totals.received == cny(amount)
    assert await stored.parked() == []


async def test_a_total_beyond_all_numbers_parks_its_event_and_harms_none(
    committed: Committed, stored: Stored, tenant: UUID
) -> None:
    account_id = new_id()
    most = cny("9999999999999999")
    events = [payment_received(account_id, each) for each in (most, cny("1"))]
    ordered = order_confirmed(account_id=account_id, gross=cny("5"))
    records = [record(tenant, event, partition=0) for event in [*events, ordered]]
    await Processor(subscription("totals"), committed.worker).apply(records)
    async with committed.app.begin(tenant) as tx:
        [totals] = await store.totals_of(tx, account_id)
    assert (totals.received, totals.ordered) == (most, cny("5"))
    assert await stored.parked() == [("FAILED", "PARKED")]
