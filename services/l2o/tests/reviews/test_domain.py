"""When an account is due for review, by hand."""

from datetime import timedelta

import pytest

from l2o.reviews.domain import review_due_at
from services.l2o.tests.factories import NOON

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("touched", "reviewed", "due"),
    [(None, None, 30), (10, None, 40), (None, 5, 35), (10, 12, 42), (12, 10, 42)],
)
def test_the_later_of_activity_and_review_counts(
    touched: int | None, reviewed: int | None, due: int
) -> None:
    """Reviewed every 30 days; days since the creation at noon."""
    at = [None if one is None else NOON + one * DAY for one in (touched, reviewed)]
    assert review_due_at(30, NOON, *at) == NOON + due * DAY


def test_without_a_policy_nothing_is_due() -> None:
    assert review_due_at(None, NOON, NOON, NOON) is None
