"""The brake, with times counted by hand."""

from datetime import timedelta

import pytest

from org.logins.domain import NO_WAIT, Login, whole_seconds
from services.org.tests.factories import NOW, a_login


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def after_failures(*at: float) -> Login:
    """A login after wrong tries at these minutes."""
    login = a_login()
    for minute in at:
        login = login.tried(proven=False, now=NOW + minutes(minute))
    return login


def test_four_failures_do_not_brake() -> None:
    login = after_failures(0, 1, 2, 3)
    assert (login.failed, login.wait(now=NOW + minutes(3))) == (4, NO_WAIT)


def test_five_within_five_minutes_brake_for_five_minutes() -> None:
    login = after_failures(0, 1, 2, 3, 4)
    assert login.wait(now=NOW + minutes(4)) == minutes(5)
    assert login.wait(now=NOW + minutes(8)) == minutes(1)
    assert login.wait(now=NOW + minutes(9)) == NO_WAIT


def test_the_window_begins_with_its_first_failure() -> None:
    login = after_failures(0, 1, 2, 3, 5)
    assert (login.failed, login.failed_at) == (1, NOW + minutes(5))


def test_after_the_brake_the_count_begins_anew() -> None:
    login = after_failures(0, 0, 0, 0, 0, 5)
    assert (login.failed, login.wait(now=NOW + minutes(5))) == (1, NO_WAIT)


def test_success_forgets_failures() -> None:
    login = after_failures(0, 0, 0, 0).tried(proven=True, now=NOW)
    assert (login.failed, login.failed_at) == (0, None)
    assert a_login().tried(proven=True, now=NOW).failed == 0


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [(timedelta(microseconds=1), 1), (timedelta(seconds=2), 2), (timedelta(seconds=2.1), 3)],
)
def test_the_wait_is_said_in_whole_seconds_and_never_too_short(
    wait: timedelta, seconds: int
) -> None:
    assert whole_seconds(wait) == seconds
