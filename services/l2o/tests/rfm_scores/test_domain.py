"""RFM scores by hand: the ten accounts of a table, ties, one account, any order."""

from datetime import date, timedelta
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from l2o.rfm_scores.domain import (
    OrderWindow,
    PlacedOrder,
    Purchases,
    RfmScores,
    purchases_of,
    score_of,
    scores_of,
)

TODAY = date(2026, 11, 22)


def purchases(days: int, orders: int, amount: str) -> Purchases:
    day = TODAY - timedelta(days=days)
    return Purchases(
        first_ordered_on=day, last_ordered_on=day, orders=orders, amount=Decimal(amount)
    )


TEN = {
    "A": purchases(3, 12, "50000"),
    "B": purchases(10, 9, "42000"),
    "C": purchases(15, 9, "30000"),
    "D": purchases(28, 7, "30000"),
    "E": purchases(35, 6, "21000"),
    "F": purchases(60, 4, "15000"),
    "G": purchases(75, 3, "9000"),
    "H": purchases(120, 2, "9000"),
    "I": purchases(200, 1, "4000"),
    "J": purchases(330, 1, "1200"),
}


def test_ten_accounts_with_ties() -> None:
    codes = {name: scores.code for name, scores in scores_of(TEN).items()}
    expected = ("555", "545", "444", "444", "333", "333", "222", "222", "111", "111")
    assert codes == dict(zip("ABCDEFGHIJ", expected, strict=True))


@pytest.mark.parametrize(
    ("worse", "among", "score"), [(0, 1, 1), (0, 10, 1), (1, 10, 1), (2, 10, 2), (9, 10, 5)]
)
def test_a_score_follows_from_the_number_of_worse_accounts(
    worse: int, among: int, score: int
) -> None:
    assert score_of(worse, among) == score


def test_who_orders_alone_is_better_than_nobody() -> None:
    assert scores_of({"A": TEN["A"]}) == {"A": RfmScores(recency=1, frequency=1, monetary=1)}
    assert scores_of({}) == {}


def test_the_window_includes_its_first_and_its_last_day() -> None:
    window = OrderWindow.of(TODAY, days=30, timezone="Asia/Shanghai", currency="CNY")
    assert (window.first, window.last) == (date(2026, 10, 24), TODAY)
    days = [window.first - timedelta(days=1), window.first, TODAY, TODAY + timedelta(days=1)]
    placed = [PlacedOrder(account_id="A", ordered_on=day, amount=Decimal(10)) for day in days]
    assert purchases_of(placed, window) == {
        "A": Purchases(
            first_ordered_on=window.first, last_ordered_on=TODAY, orders=2, amount=Decimal(20)
        )
    }


SOME = st.dictionaries(
    st.integers(),
    st.builds(purchases, st.integers(0, 9), st.integers(1, 9), st.integers(0, 9).map(str)),
    max_size=30,
)


@given(found=SOME, seed=st.integers())
def test_the_order_of_accounts_does_not_matter(found: dict[int, Purchases], seed: int) -> None:
    shuffled = list(found.items())
    Random(seed).shuffle(shuffled)
    assert scores_of(dict(shuffled)) == scores_of(found)


@given(found=SOME)
def test_equal_values_have_equal_scores_and_better_ones_no_lower_score(
    found: dict[int, Purchases],
) -> None:
    scores = scores_of(found)
    for one, mine in found.items():
        for other, theirs in found.items():
            if mine.orders == theirs.orders:
                assert scores[one].frequency == scores[other].frequency
            if mine.amount >= theirs.amount:
                assert scores[one].monetary >= scores[other].monetary
            if mine.last_ordered_on >= theirs.last_ordered_on:
                assert scores[one].recency >= scores[other].recency
        worse = sum(1 for theirs in found.values() if theirs.orders < mine.orders)
        assert scores[one].frequency == 1 + 5 * worse // len(found)
