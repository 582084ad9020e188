"""Delays that double with every failure, up to a longest one."""

import pytest

from chassis.foundation.waits import Backoff, backoff_seconds


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 2), (2, 4), (5, 32), (9, 512), (10, 600), (5_000, 600)]
)
def test_delays_double_up_to_the_longest_with_jitter_of_a_quarter(
    failures: int, seconds: float
) -> None:
    delays = [backoff_seconds(failures, 2, 600) for _ in range(50)]
    assert all(0.75 * seconds <= delay <= 1.25 * seconds for delay in delays)
    assert len(set(delays)) > 1


def test_a_success_begins_with_the_first_delay_again() -> None:
    backoff = Backoff(1, 100)
    for _ in range(6):
        longest = backoff.next()
    backoff.reset()
    assert backoff.next() <= 1.25 < 20 < longest
    assert backoff.failures == 1
