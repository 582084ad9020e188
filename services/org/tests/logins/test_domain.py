"""The brake, with times counted by hand."""

from datetime import timedelta

import pytest

from org.logins.domain import (
    ALLOWED_ANYWHERE,
    ANYWHERE,
    NO_WAIT,
    Tries,
    source_of,
    wait_of,
    whole_seconds,
)
from services.org.tests.factories import NOW

HERE = Tries(login="li.na", source="192.0.2.1")
ALL = Tries(login="li.na", source=ANYWHERE)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def after_failures(*at: float, tries: Tries = HERE) -> Tries:
    """A count after wrong tries at these minutes."""
    for minute in at:
        tries = tries.missed(now=NOW + minutes(minute))
    return tries


def test_four_failures_do_not_brake() -> None:
    tries = after_failures(0, 1, 2, 3)
    assert (tries.failed, tries.wait(now=NOW + minutes(3))) == (4, NO_WAIT)


def test_five_within_five_minutes_brake_for_five_minutes() -> None:
    tries = after_failures(0, 1, 2, 3, 4)
    assert tries.wait(now=NOW + minutes(4)) == minutes(5)
    assert tries.wait(now=NOW + minutes(8)) == minutes(1)
    assert tries.wait(now=NOW + minutes(9)) == NO_WAIT


def test_the_window_begins_with_its_first_failure() -> None:
    tries = after_failures(0, 1, 2, 3, 5)
    assert (tries.failed, tries.failed_at) == (1, NOW + minutes(5))


def test_after_the_brake_the_count_begins_anew() -> None:
    tries = after_failures(0, 0, 0, 0, 0, 5)
    assert (tries.failed, tries.wait(now=NOW + minutes(5))) == (1, NO_WAIT)


def test_success_forgets_failures_of_its_source_only() -> None:
    tries = after_failures(0, 0, 0, 0).succeeded(now=NOW)
    assert (tries.failed, tries.failed_at, tries.proven_at) == (0, None, NOW)
    everywhere = after_failures(0, 0, tries=ALL)
    assert everywhere.succeeded(now=NOW) == everywhere


def test_many_sources_together_meet_the_softer_limit() -> None:
    below = after_failures(*[0] * (ALLOWED_ANYWHERE - 1), tries=ALL)
    at = after_failures(0, tries=below)
    assert wait_of(HERE, below, now=NOW) == NO_WAIT
    assert wait_of(HERE, at, now=NOW) == minutes(5)


def test_a_source_the_right_secret_came_from_is_not_held_by_it() -> None:
    at = after_failures(*[0] * ALLOWED_ANYWHERE, tries=ALL)
    known = HERE.succeeded(now=NOW - timedelta(days=29))
    assert wait_of(known, at, now=NOW) == NO_WAIT
    assert wait_of(HERE.succeeded(now=NOW - timedelta(days=30)), at, now=NOW) == minutes(5)
    braked = after_failures(0, 0, 0, 0, 0, tries=known)
    assert wait_of(braked, at, now=NOW) == minutes(5)


@pytest.mark.parametrize(
    ("address", "source"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_what_one_attacker_has_of_addresses(address: str, source: str) -> None:
    assert source_of(address) == source


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [(timedelta(microseconds=1), 1), (timedelta(seconds=2), 2), (timedelta(seconds=2.1), 3)],
)
def test_the_wait_is_said_in_whole_seconds_and_never_too_short(
    wait: timedelta, seconds: int
) -> None:
    assert whole_seconds(wait) == seconds
