"""Messages: their moves, how often they are tried, and when people decide."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contracts.messages import MessageChannel
from desk.messages.domain import BounceKind, Delivery, Message, MessageStatus, Outcome
from kernel.errors import RuleBroken
from kernel.hints import hint_of
from kernel.ids import new_id

NOON = datetime(2026, 12, 1, 4, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def a_message(**fields: Any) -> Message:
    values = {"channel": MessageChannel.MAIL, "template_code": "X", "language": "en", "body": "x"}
    return Message(
        id=new_id(),
        created_at=NOON,
        updated_at=NOON,
        **{**values, "email": "wang@example.com", **fields},
    )


@pytest.mark.parametrize(
    ("delivery", "status"),
    [
        (Delivery.SENT, MessageStatus.SENT),
        (Delivery.DEFERRED, MessageStatus.QUEUED),
        (Delivery.REJECTED, MessageStatus.FAILED),
        (Delivery.UNDELIVERABLE, MessageStatus.BOUNCED),
    ],
)
def test_an_attempt_decides_what_becomes_of_a_message(
    delivery: Delivery, status: MessageStatus
) -> None:
    ended = a_message().claimed().ended(Outcome(delivery, "why", "ref"), now=NOON)
    assert (ended.status, ended.attempts, ended.claims, ended.reason) == (status, 1, 0, "why")
    sent = (NOON, "ref") if delivery is Delivery.SENT else (None, None)
    assert (ended.sent_at, ended.reference) == sent


def test_a_message_is_tried_eight_times_with_growing_delays() -> None:
    message, delays = a_message(), []
    while message.is_waiting:
        message = message.claimed().ended(Outcome(Delivery.DEFERRED, "busy"), now=NOON)
        delays.append(message.delay // MINUTE)
    assert (message.status, message.attempts) == (MessageStatus.FAILED, 8)
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60]
    assert message.needs_people


def test_two_processes_that_died_leave_a_message_in_doubt() -> None:
    once = a_message().claimed()
    assert not once.is_in_doubt
    twice = once.claimed()
    assert twice.is_in_doubt
    doubted = twice.doubted()
    assert (doubted.status, doubted.needs_people) == (MessageStatus.UNCERTAIN, True)
    again = doubted.queued_again()
    assert (again.status, again.claims, again.attempts) == (MessageStatus.QUEUED, 0, 0)


def test_two_lost_answers_leave_a_message_in_doubt() -> None:
    """Also with a busy server between them: at most two mails are on their way."""
    lost, busy = Outcome(Delivery.LOST, "gone"), Outcome(Delivery.DEFERRED, "busy")
    once = a_message().claimed().ended(lost, now=NOON)
    assert (once.status, once.claims) == (MessageStatus.QUEUED, 1)
    later = once.claimed().ended(busy, now=NOON)
    assert (later.status, later.claims) == (MessageStatus.QUEUED, 1)
    twice = later.claimed().ended(lost, now=NOON)
    assert (twice.status, twice.needs_people) == (MessageStatus.UNCERTAIN, True)
    assert once.claimed().is_in_doubt  # if the second process dies instead


def test_an_end_that_was_written_down_is_no_crash() -> None:
    message = a_message()
    for _ in range(3):
        message = message.claimed().ended(Outcome(Delivery.DEFERRED), now=NOON)
    assert not message.claimed().is_in_doubt


def test_a_bounce_comes_after_the_message() -> None:
    sent = a_message().claimed().ended(Outcome(Delivery.SENT), now=NOON)
    assert sent.bounced(BounceKind.SOFT, "full").status is MessageStatus.SENT
    hard = sent.bounced(BounceKind.HARD, "no such user")
    assert (hard.status, hard.reason) == (MessageStatus.BOUNCED, "no such user")
    assert hard.bounced(BounceKind.HARD, "again") == hard
    with pytest.raises(RuleBroken, match="MESSAGE_NOT_SENT"):
        a_message().bounced(BounceKind.HARD, None)


@pytest.mark.parametrize("status", [MessageStatus.SENT, MessageStatus.BOUNCED])
def test_what_was_sent_is_not_tried_again(status: MessageStatus) -> None:
    with pytest.raises(RuleBroken, match="MESSAGE_NOT_FAILED"):
        a_message(status=status).queued_again()


def test_a_message_whose_recipient_was_erased_is_not_tried_again() -> None:
    with pytest.raises(RuleBroken, match="MESSAGE_ERASED"):
        a_message(status=MessageStatus.FAILED, email=None).queued_again()


@pytest.mark.parametrize(
    ("address", "expected"),
    [("wang@example.com", "wa…@example.com"), ("+8613800138000", "+86…00")],
)
def test_a_hint_shows_the_ends_of_an_address(address: str, expected: str) -> None:
    assert hint_of(address) == expected
