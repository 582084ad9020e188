"""Scores that are stored: by hand, and the same whether what changed or all is computed."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from kernel.ids import new_id
from l2o.grade_queues.actions import GRADING_JOB
from l2o.orders.store import orders
from l2o.rfm_scores import actions
from l2o.rfm_scores.domain import AccountRfm, PlacedOrder, purchases_of, scores_of
from l2o.rfm_scores.store import account_rfm, rfm_of
from l2o.rule_sets.store import ACCOUNT_GRADE, VERSIONS
from rules.versions import Draft, publish
from services.l2o.tests.factories import NOON, TODAY
from services.l2o.tests.grades.grading import with_jobs
from services.l2o.tests.rfm_scores.placed import (
    at_noon,
    order_row,
    place,
    scores_in_full,
    stored_scores,
)

IDS = [new_id() for _ in range(6)]


async def placed(
    tx: AsyncConnection, account_id: UUID, days: int, amount: str, **more: str
) -> UUID:
    row = order_row(account_id, at_noon(TODAY - timedelta(days=days)), Decimal(amount), **more)
    await place(tx, [row])
    order_id: UUID = row["id"]
    return order_id


async def test_an_account_has_what_it_ordered_and_its_scores(tx: AsyncConnection) -> None:
    first, second, silent = IDS[:3]
    await placed(tx, first, 3, "100.50")
    await placed(tx, first, 30, "9.50")
    await placed(tx, second, 2, "70")
    await placed(tx, silent, 365, "9999")  # the window of 365 days begins the day after
    await actions.compute_changed(tx, NOON)
    found = await rfm_of(tx, IDS)
    assert found == {
        first: AccountRfm(
            account_id=first,
            first_ordered_on=TODAY - timedelta(days=30),
            last_ordered_on=TODAY - timedelta(days=3),
            orders=2,
            amount=Decimal("110"),
            currency="CNY",
            recency=1,
            frequency=3,
            monetary=3,
        ),
        second: AccountRfm(
            account_id=second,
            first_ordered_on=TODAY - timedelta(days=2),
            last_ordered_on=TODAY - timedelta(days=2),
            orders=1,
            amount=Decimal("70"),
            currency="CNY",
            recency=3,
            frequency=1,
            monetary=1,
        ),
    }
    assert found[first].code == "133"


async def test_days_are_those_of_the_tenant(tx: AsyncConnection) -> None:
    """An order at 16:30 in London was placed at 00:30 of the next day in Shanghai."""
    late = at_noon(TODAY - timedelta(days=1)) + timedelta(hours=4, minutes=30)
    await place(tx, [order_row(IDS[0], late, Decimal(1))])
    await actions.compute_changed(tx, NOON)
    assert (await rfm_of(tx, IDS))[IDS[0]].last_ordered_on == TODAY


async def test_what_is_cancelled_open_or_deleted_does_not_count(tx: AsyncConnection) -> None:
    cancelled = await placed(tx, IDS[0], 1, "5")
    gone = await placed(tx, IDS[1], 1, "5")
    await placed(tx, IDS[2], 1, "0")  # open orders have ordered nothing yet
    await actions.compute_changed(tx, NOON)
    assert set(await rfm_of(tx, IDS)) == {IDS[0], IDS[1]}
    late = {"is_counted": False}
    await tx.execute(update(orders).where(orders.c.id == cancelled).values(ordered=0, **late))
    await tx.execute(update(orders).where(orders.c.id == gone).values(deleted=True, **late))
    await actions.compute_changed(tx, NOON)
    assert await rfm_of(tx, IDS) == {}


async def test_other_currencies_count_by_day_and_number(tx: AsyncConnection) -> None:
    await placed(tx, IDS[0], 1, "5000", currency="USD")
    await actions.compute_changed(tx, NOON)
    found = (await rfm_of(tx, IDS))[IDS[0]]
    assert (found.orders, found.amount) == (1, Decimal(0))


async def test_whose_scores_change_is_graded_anew(tx: AsyncConnection) -> None:
    """A second account that ordered more recently lifts neither the orders of the first nor its
    recency; a third one with less lifts both."""
    first, second, third = IDS[:3]

    async def queued() -> set[UUID]:
        found = await with_jobs(tx)
        await tx.execute(delete(jobs).where(jobs.c.kind == GRADING_JOB))
        return found

    rules = Draft(content={"hit_policy": "FIRST", "rows": []}, based_on=0)
    await VERSIONS.add(tx, ACCOUNT_GRADE, publish(None, rules, by="test", at=NOON))
    await placed(tx, first, 3, "10")
    await actions.compute_changed(tx, NOON)
    assert await queued() == {first}
    await placed(tx, second, 1, "10")
    await actions.compute_changed(tx, NOON)
    assert await queued() == {second}
    await placed(tx, third, 5, "10")
    await actions.compute_changed(tx, NOON)
    assert await queued() == {first, second, third}
    await actions.compute_changed(tx, NOON)
    assert await queued() == set()


async def test_events_of_orders_queue_one_computation(tx: AsyncConnection) -> None:
    for _ in range(2):
        await actions.order_changed(tx, NOON)
    found = await tx.execute(select(jobs.c.key).where(jobs.c.kind == actions.RFM_JOB))
    assert sorted(found.scalars()) == ["changed", "daily"]


DAYS = st.integers(0, 400)
CHANGE = st.tuples(
    st.sampled_from(IDS), DAYS, st.decimals(0, 10, places=2), st.integers(0, 40), st.booleans()
)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(changes=st.lists(CHANGE, max_size=12))
async def test_what_changed_and_all_give_the_same(
    tx: AsyncConnection, changes: list[tuple[UUID, int, Decimal, int, bool]]
) -> None:
    """Orders are placed and cancelled while days pass; now and then what changed is computed."""
    async with tx.begin_nested() as undone:
        now, rows = NOON, []
        for account_id, days, amount, passed, cancels in changes:
            row = order_row(account_id, at_noon(_day(now) - timedelta(days=days)), amount)
            await place(tx, [row])
            rows.append(row)
            if cancels:
                one = rows[days % len(rows)]
                one["ordered"] = Decimal(0)
                changed = update(orders).where(orders.c.id == one["id"])
                await tx.execute(changed.values(ordered=0, is_counted=False))
            now += timedelta(days=passed)
            await actions.compute_changed(tx, now)
        window = await actions.window_of(tx, now)
        by_changes = await stored_scores(tx)
        assert by_changes == await scores_in_full(tx, window)
        await tx.execute(delete(account_rfm))
        await actions.compute_all(tx, now)
        assert await stored_scores(tx) == by_changes
        counted = [
            PlacedOrder(
                account_id=one["account_id"],
                ordered_on=one["created_at"].date(),
                amount=one["ordered"],
            )
            for one in rows
            if one["ordered"] > 0
        ]
        purchases = purchases_of(counted, window)
        scores = scores_of(purchases)
        assert by_changes == {
            (
                account_id,
                one.last_ordered_on,
                one.orders,
                one.amount,
                *vars(scores[account_id]).values(),
            )
            for account_id, one in purchases.items()
        }
        await undone.rollback()


def _day(now: datetime) -> date:
    return now.date()
