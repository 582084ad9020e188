"""The totals of an account: added up from copies of orders and payments, however events arrive."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.processing import Processor
from chassis.events.replicas import ReplicaSubscription
from contracts.event import AggregateState
from contracts.rms.events import OrderState
from kernel.ids import new_id
from kernel.money import Money
from kernel.sums import MoneySum
from l2o.accounts import views
from l2o.accounts.domain import CurrencyTotals
from l2o.opportunities.domain import Stage
from l2o.orders.domain import ordered_amount
from l2o.orders.store import orders
from l2o.payments.store import payments
from l2o.receivables.store import receivables
from services.l2o.tests.deliveries import CommittedRows, state_record, subscription
from services.l2o.tests.factories import (
    NOON,
    TODAY,
    add_account,
    add_opportunity,
    cny,
    make_order,
    make_payment,
    make_receivable,
)
from testkit.plugin import Committed

# Facts of RMS, one of which no class declares: the totals follow the state, not the fact.
ORDER_FACTS = ("confirmed", "shipped", "assigned", "snapshot", "consigned")
Versions = list[tuple[str, AggregateState]]


def yuan(amount: str) -> MoneySum:
    return MoneySum.of(amount, "CNY")


def totals(
    account_id: UUID, ordered: str, shipped: str, received: str, **others: str
) -> CurrencyTotals:
    given = {"ordered": ordered, "shipped": shipped, "received": received, **others}
    amounts = {name: yuan(given.get(name, "0")) for name in views.TOTALS}
    return CurrencyTotals(account_id=account_id, **amounts)


async def read(committed: Committed, tenant: UUID, account_id: UUID) -> list[CurrencyTotals]:
    async with committed.app.begin(tenant) as tx:
        return await views.read_totals(tx, account_id, today=TODAY)


@pytest.mark.parametrize(
    ("status", "cancelled", "ordered"),
    [
        ("OPEN", "0", "0"),
        ("CONFIRMED", "0", "1000.00"),
        ("PARTLY_SHIPPED", "300.00", "700.00"),
        ("SHIPPED", "0", "1000.00"),
        ("CANCELLED", "1000.00", "0"),
        ("CANCELLED", "0", "0"),
        ("CONSIGNED", "100.00", "900.00"),
    ],
)
def test_what_is_ordered_follows_the_state(status: str, cancelled: str, ordered: str) -> None:
    order = make_order(gross=cny("1000.00"), status=status, cancelled_total=cny(cancelled))
    assert ordered_amount(order) == cny(ordered)


def test_an_order_of_an_early_event_has_no_cancelled_total() -> None:
    assert ordered_amount(make_order(gross=cny("5"))) == cny("5")


def history(account_id: UUID) -> list[tuple[UUID, Versions]]:
    """An order of 1000.00, amended to 900.00, of which 400.00 are shipped and 300.00 cancelled;
    a payment of 999.99 with a refund of 99.99, and one of 50.00 that bounces;
    a receivable of 250.00 due yesterday, of which 100.00 are settled, and one of 150.00 due today,
    of which 20.00 are withdrawn.

    Ordered 600.00, shipped 400.00, received 900.00, owed 280.00, overdue 150.00.
    """
    first = make_order(account_id=account_id, gross=cny("1000.00"))
    amended = first.model_copy(update={"status": "OPEN", "gross_total": cny("900.00")})
    confirmed = amended.model_copy(update={"status": "CONFIRMED"})
    shipped = confirmed.model_copy(
        update={"status": "PARTLY_SHIPPED", "shipped_total": cny("400.00")}
    )
    cancelled = shipped.model_copy(update={"cancelled_total": cny("300.00")})
    late = make_receivable(account_id, cny("250.00"), due_date=TODAY - timedelta(days=1))
    due = make_receivable(account_id, cny("150.00"), due_date=TODAY)
    paid, bounced = (make_payment(account_id, cny(amount)) for amount in ("999.99", "50.00"))
    return [
        (
            first.order_id,
            [
                ("created", first.model_copy(update={"status": "OPEN"})),
                ("confirmed", first),
                ("amended", amended),
                ("confirmed", confirmed),
                ("shipped", shipped),
                ("written_down", cancelled),  # a fact that no class declares
            ],
        ),
        (
            paid.payment_id,
            [
                ("received", paid),
                ("refunded", paid.model_copy(update={"returned": cny("99.99")})),
            ],
        ),
        (
            bounced.payment_id,
            [
                ("received", bounced),
                ("reversed", bounced.model_copy(update={"returned": cny("50.00")})),
            ],
        ),
        (
            late.receivable_id,
            [
                ("created", late),
                (
                    "allocated",
                    late.model_copy(update={"allocated": cny("250.00"), "open": cny("0")}),
                ),
                (
                    "reopened",
                    late.model_copy(update={"allocated": cny("100.00"), "open": cny("150.00")}),
                ),
            ],
        ),
        (
            due.receivable_id,
            [
                ("created", due),
                (
                    "withdrawn",
                    due.model_copy(update={"withdrawn": cny("20.00"), "open": cny("130.00")}),
                ),
            ],
        ),
    ]


def records_of(tenant: UUID, account_id: UUID) -> list[ConsumerRecord]:
    return [
        state_record(tenant, state, subject=subject, fact=fact, sequence=sequence)
        for subject, versions in history(account_id)
        for sequence, (fact, state) in enumerate(versions, start=1)
    ]


@pytest.mark.parametrize("seed", range(3))
async def test_totals_are_exact_in_any_order_with_duplicates(
    committed: Committed, stored: CommittedRows, tenant: UUID, seed: int
) -> None:
    account_id = new_id()
    records = records_of(tenant, account_id) * 2
    Random(seed).shuffle(records)
    processor = Processor(subscription("totals"), committed.worker, monotonic_offsets=False)
    for one in records:
        await processor.apply([one])
    assert await read(committed, tenant, account_id) == [
        totals(account_id, "600.00", "400.00", "900.00", owed="280.00", overdue="150.00")
    ]
    assert await stored.parked() == []


async def test_replicas_that_are_filled_anew_give_the_same_totals(
    committed: Committed, tenant: UUID
) -> None:
    account_id = new_id()
    records = records_of(tenant, account_id)
    processor = Processor(subscription("totals"), committed.worker, monotonic_offsets=False)
    await processor.apply(records)
    before = await read(committed, tenant, account_id)
    async with committed.worker.begin(tenant) as tx:
        for table in (orders, payments, receivables):
            await tx.execute(delete(table))
    assert await read(committed, tenant, account_id) == []
    await processor.apply(list(reversed(records)))
    assert await read(committed, tenant, account_id) == before != []


async def test_opportunities_count_by_their_stage_and_currency(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        account = await add_account(tx)
        for stage, amount in (
            (Stage.SOLUTION, cny("100.10")),
            (Stage.SIGNING, cny("200.20")),
            (Stage.WON, cny("300.30")),
            (Stage.LOST, cny("400.40")),
            (Stage.BIDDING, None),
            (Stage.SOLUTION, Money.of("7", "USD")),
        ):
            await add_opportunity(tx, account_id=account.id, stage=stage, amount=amount)
        await add_opportunity(tx, account_id=account.id, amount=cny("9"), deleted_at=NOON)
    yuans, dollars = await read(committed, tenant, account.id)
    assert yuans == totals(account.id, "0", "0", "0", open="300.30", won="300.30")
    assert (dollars.open, dollars.won) == (MoneySum.of("7", "USD"), MoneySum.of("0", "USD"))


AMOUNTS = st.decimals("0", "9999999999999999.99", places=2, allow_nan=False)
CHANGES = st.tuples(st.sampled_from(ORDER_FACTS), AMOUNTS, st.booleans())


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(chains=st.lists(st.lists(CHANGES, min_size=1, max_size=4), max_size=4))
async def test_totals_equal_the_newest_states(
    committed: Committed, chains: list[list[tuple[str, Decimal, bool]]]
) -> None:
    """Whatever the facts are called, of one order only its newest state counts."""
    tenant, account_id = new_id(), new_id()
    records, expected = [], Decimal(0)
    for chain in chains:
        subject = new_id()
        for sequence, (fact, amount, is_open) in enumerate(chain, start=1):
            order = make_order(
                account_id=account_id,
                gross=cny(str(amount)),
                status="OPEN" if is_open else "CONFIRMED",
            )
            records.append(
                state_record(tenant, order, subject=subject, fact=fact, sequence=sequence)
            )
        expected += Decimal(0) if is_open else amount
    await Processor(subscription("totals"), committed.worker).apply(records)
    found = await read(committed, tenant, account_id)
    assert [one.ordered for one in found] == [MoneySum(expected, "CNY")] * bool(chains)


async def test_the_fact_deleted_takes_a_record_out(committed: Committed, tenant: UUID) -> None:
    payment = make_payment(new_id(), cny("7"))
    states: Sequence[tuple[str, int]] = [("received", 1), ("deleted", 2)]
    processor = Processor(subscription("totals"), committed.worker)
    for fact, sequence in states:
        await processor.apply(
            [state_record(tenant, payment, payment.payment_id, fact=fact, sequence=sequence)]
        )
    assert await read(committed, tenant, payment.account_id) == []


async def test_tenants_have_separate_totals(committed: Committed, tenant: UUID) -> None:
    account_id, other = new_id(), new_id()
    processor = Processor(subscription("totals"), committed.worker)
    for owner, amount in [(tenant, "1"), (other, "10")]:
        payment = make_payment(account_id, cny(amount))
        await processor.apply([state_record(owner, payment, payment.payment_id)])
    for owner, amount in [(tenant, "1"), (other, "10")]:
        assert await read(committed, owner, account_id) == [totals(account_id, "0", "0", amount)]


async def test_totals_have_room_for_many_of_the_largest_amounts(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    account_id = new_id()
    payments = [make_payment(account_id, cny("9999999999999999.99")) for _ in range(20)]
    records = [state_record(tenant, one, one.payment_id) for one in payments]
    await Processor(subscription("totals"), committed.worker).apply(records)
    [found] = await read(committed, tenant, account_id)
    assert found.received == yuan("199999999999999999.80")
    assert await stored.parked() == []


async def test_a_damaged_copy_is_repaired_by_a_new_state(
    committed: Committed, tenant: UUID
) -> None:
    order = make_order(gross=cny("12"))
    processor = Processor(subscription("totals"), committed.worker)
    await processor.apply([state_record(tenant, order, order.order_id)])
    async with committed.worker.begin(tenant) as tx:
        await tx.execute(update(orders).values(ordered=99))
    await processor.apply([state_record(tenant, order, order.order_id, sequence=2)])
    assert await read(committed, tenant, order.account_id) == [
        totals(order.account_id, "12", "0", "0")
    ]


def test_the_totals_are_a_replica() -> None:
    replica = subscription("totals")
    assert isinstance(replica, ReplicaSubscription)
    assert replica.copy_of(OrderState.aggregate) is not None
