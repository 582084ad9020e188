"""Limits by key and by address; the expected waits are worked out by hand."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI

from chassis.foundation.refusals import TooManyRequests
from chassis.records.access_keys import limits
from chassis.records.access_keys.limits import FAILURES_PER_MINUTE, AccessKeyLimits
from kernel.ids import new_id
from libs.chassis.tests.records.access_keys import links
from testkit.plugin import Client


class Clock:
    """Monotonic seconds that stand still."""

    now = 1000.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    monkeypatch.setattr("chassis.records.access_keys.limits.time.monotonic", lambda: Clock.now)
    Clock.now = 1000.0
    return Clock()


@pytest.fixture(autouse=True)
def fresh(app: FastAPI) -> Iterator[None]:
    app.state.access_key_limits = AccessKeyLimits()
    yield
    app.state.access_key_limits = AccessKeyLimits()


def wait_of(count: AccessKeyLimits, key: str) -> int:
    try:
        count.count_failure(key)
    except TooManyRequests as error:
        return error.retry_after
    return 0


def test_failures_of_an_address_are_limited_and_refill_evenly(clock: Clock) -> None:
    """Twenty a minute is one in three seconds."""
    counts = AccessKeyLimits()
    assert [wait_of(counts, "a") for _ in range(FAILURES_PER_MINUTE)] == [0] * 20
    assert wait_of(counts, "a") == 4  # three seconds, rounded up past the half
    assert wait_of(counts, "b") == 0
    Clock.now += 3.01
    assert wait_of(counts, "a") == 0
    assert wait_of(counts, "a") > 0


def test_counts_are_forgotten_when_they_become_too_many(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_COUNTED", 2)
    counts = AccessKeyLimits()
    key = new_id()
    counts.count_request(key, 1)
    counts.count_request(new_id(), 1)
    with pytest.raises(TooManyRequests):
        counts.count_request(key, 1)
    counts.count_request(new_id(), 1)
    counts.count_request(key, 1)


async def test_many_failures_answer_429_and_spare_valid_keys(client: Client, clock: Clock) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "view"))["key"]
    failures = [await links.view(client, f"l2ck_{n}") for n in range(FAILURES_PER_MINUTE + 1)]
    assert [each.status_code for each in failures] == [404] * 20 + [429]
    assert failures[20].json()["code"] == "ACCESS_KEY_LIMITED"
    assert failures[20].json()["detail"] == "Too many requests. Please try again in 4 seconds."
    assert failures[20].headers["Retry-After"] == "4"
    assert (await links.view(client, key)).status_code == 200


async def test_a_key_admits_only_so_many_requests_a_minute(client: Client, clock: Clock) -> None:
    card_id = await links.make_card(client)
    issued = await links.issue(client, card_id, "report")
    other = await links.issue(client, card_id, "report")
    statuses = [(await links.report(client, issued["key"], "e-1")).status_code for _ in range(61)]
    assert statuses == [200] * 60 + [429]
    assert (await links.report(client, other["key"], "e-1")).status_code == 200
