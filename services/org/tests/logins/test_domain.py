"""The limit on wrong sign-in attempts; the expected waits are worked out by hand."""

from datetime import timedelta

import pytest

from org.logins.domain import (
    ALL_SOURCES,
    ALLOWED_FAILURES_ALL_SOURCES,
    NO_WAIT,
    LoginAttempts,
    retry_wait,
    whole_seconds,
)
from services.org.tests.factories import NOW

HERE = LoginAttempts(login="li.na", source="192.0.2.1")
ALL_TOGETHER = LoginAttempts(login="li.na", source=ALL_SOURCES)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def after_failures(*at: float, attempts: LoginAttempts = HERE) -> LoginAttempts:
    """Return the count after failures at these minutes."""
    for minute in at:
        attempts = attempts.after_failure(now=NOW + minutes(minute))
    return attempts


def test_four_failures_do_not_pause_the_source() -> None:
    attempts = after_failures(0, 1, 2, 3)
    assert (attempts.failed, attempts.wait(now=NOW + minutes(3))) == (4, NO_WAIT)


def test_five_failures_within_five_minutes_pause_for_five_minutes() -> None:
    attempts = after_failures(0, 1, 2, 3, 4)
    assert attempts.wait(now=NOW + minutes(4)) == minutes(5)
    assert attempts.wait(now=NOW + minutes(8)) == minutes(1)
    assert attempts.wait(now=NOW + minutes(9)) == NO_WAIT


def test_the_window_starts_at_its_first_failure() -> None:
    attempts = after_failures(0, 1, 2, 3, 5)
    assert (attempts.failed, attempts.failed_at) == (1, NOW + minutes(5))


def test_the_count_restarts_after_the_pause() -> None:
    attempts = after_failures(0, 0, 0, 0, 0, 5)
    assert (attempts.failed, attempts.wait(now=NOW + minutes(5))) == (1, NO_WAIT)


def test_a_success_resets_only_the_count_of_its_source() -> None:
    attempts = after_failures(0, 0, 0, 0).after_success(now=NOW)
    assert (attempts.failed, attempts.failed_at, attempts.proven_at) == (0, None, NOW)
    everywhere = after_failures(0, 0, attempts=ALL_TOGETHER)
    assert everywhere.after_success(now=NOW) == everywhere


def test_all_sources_together_have_a_higher_limit() -> None:
    below = after_failures(*[0] * (ALLOWED_FAILURES_ALL_SOURCES - 1), attempts=ALL_TOGETHER)
    at = after_failures(0, attempts=below)
    assert retry_wait(HERE, below, now=NOW) == NO_WAIT
    assert retry_wait(HERE, at, now=NOW) == minutes(5)


def test_the_limit_of_all_sources_spares_a_trusted_source() -> None:
    at = after_failures(*[0] * ALLOWED_FAILURES_ALL_SOURCES, attempts=ALL_TOGETHER)
    trusted = HERE.after_success(now=NOW - timedelta(days=29))
    assert retry_wait(trusted, at, now=NOW) == NO_WAIT
    assert retry_wait(HERE.after_success(now=NOW - timedelta(days=30)), at, now=NOW) == minutes(5)
    paused = after_failures(0, 0, 0, 0, 0, attempts=trusted)
    assert retry_wait(paused, at, now=NOW) == minutes(5)


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [(timedelta(microseconds=1), 1), (timedelta(seconds=2), 2), (timedelta(seconds=2.1), 3)],
)
def test_waits_are_rounded_up_to_whole_seconds(wait: timedelta, seconds: int) -> None:
    assert whole_seconds(wait) == seconds
