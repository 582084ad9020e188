"""A session and its chain of refresh tokens."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.ids import new_id
from org.sessions.domain import (
    GRACE,
    RefreshToken,
    Session,
    SessionEnd,
    read_token,
)

NOW = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
IDLE = timedelta(hours=8)
KEY, OTHER_KEY = b"k" * 32, b"o" * 32
FIVE_MINUTES = timedelta(minutes=5)


def a_token(**changes: object) -> RefreshToken:
    values = {"tenant_id": new_id(), "session_id": new_id(), "number": 0, "secret": b"s" * 32}
    return RefreshToken(**{**values, **changes})  # type: ignore[arg-type]  # one value is replaced


def a_session(token: RefreshToken) -> Session:
    return Session(
        id=token.session_id,
        person_id=new_id(),
        login="li.na",
        scope="",
        device=None,
        token_hash=token.token_hash,
        rotated_at=NOW,
        created_at=NOW,
        last_used_at=NOW,
        expires_at=NOW + timedelta(days=30),
    )


def test_a_token_is_read_as_it_was_written() -> None:
    token = a_token(number=7)
    assert read_token(token.encode()) == token
    assert len(token.encode()) == 91
    assert b"ssss".hex() not in repr(token)


@pytest.mark.parametrize("text", ["", "x", "A" * 90, "A" * 92, "李" * 91, "A B" * 30])
def test_other_texts_are_no_tokens(text: str) -> None:
    assert read_token(text) is None


def test_every_use_returns_the_next_token() -> None:
    token = a_token()
    session, now = a_session(token), NOW
    for use in range(1, 4):
        now += FIVE_MINUTES
        session, following = session.refreshed(token, KEY, now=now, idle=IDLE)
        assert following is not None
        assert (following.number, session.number, session.last_used_at) == (use, use, now)
        assert following.secret != token.secret
        assert session.token_hash == following.token_hash
        token = following


def test_within_ten_seconds_the_same_successor_is_answered_again() -> None:
    first = a_token()
    session, second = a_session(first).refreshed(first, KEY, now=NOW, idle=IDLE)
    late = NOW + GRACE - timedelta(microseconds=1)
    assert session.refreshed(first, KEY, now=late, idle=IDLE) == (session, second)
    ended, nothing = session.refreshed(first, KEY, now=NOW + GRACE, idle=IDLE)
    assert (nothing, ended.ended_because, ended.ended_at) == (None, SessionEnd.REUSED, NOW + GRACE)
    assert second is not None
    assert ended.refreshed(second, KEY, now=NOW + GRACE, idle=IDLE) == (ended, None)


def test_a_token_before_the_last_ends_the_session_at_once() -> None:
    first = a_token()
    session, second = a_session(first).refreshed(first, KEY, now=NOW, idle=IDLE)
    assert second is not None
    session, third = session.refreshed(second, KEY, now=NOW, idle=IDLE)
    assert third is not None
    ended, nothing = session.refreshed(first, KEY, now=NOW, idle=IDLE)
    assert (nothing, ended.ended_because) == (None, SessionEnd.REUSED)


@given(number=st.integers(0, 6), secret=st.binary(min_size=32, max_size=32))
def test_a_forged_token_changes_nothing(number: int, secret: bytes) -> None:
    """Whoever knows the id of a session can neither use it nor end it."""
    token = a_token()
    session = a_session(token)
    for _ in range(3):
        session, following = session.refreshed(token, KEY, now=NOW, idle=IDLE)
        assert following is not None
        token = following
    forged = RefreshToken(
        tenant_id=token.tenant_id, session_id=session.id, number=number, secret=secret
    )
    assert session.refreshed(forged, KEY, now=NOW, idle=IDLE) == (session, None)
    assert not session.owns(forged, KEY)


def test_without_the_key_an_old_token_does_not_give_its_successor() -> None:
    first = a_token()
    session, _ = a_session(first).refreshed(first, KEY, now=NOW, idle=IDLE)
    stolen = first.after(1, OTHER_KEY)
    assert session.refreshed(stolen, KEY, now=NOW, idle=IDLE) == (session, None)


@pytest.mark.parametrize("now", [NOW + IDLE, NOW + timedelta(days=30), NOW + timedelta(days=31)])
def test_a_session_expires_by_age_and_without_use(now: datetime) -> None:
    token = a_token()
    ended, nothing = a_session(token).refreshed(token, KEY, now=now, idle=IDLE)
    assert (nothing, ended.ended_because, ended.ended_at) == (None, SessionEnd.EXPIRED, now)


def test_use_extends_the_idle_limit_but_not_the_lifetime() -> None:
    token = a_token()
    session, now = a_session(token), NOW
    step = IDLE - timedelta(seconds=1)
    while now + step < session.expires_at:
        now += step
        session, following = session.refreshed(token, KEY, now=now, idle=IDLE)
        assert following is not None
        token = following
    last, nothing = session.refreshed(token, KEY, now=now + step, idle=IDLE)
    assert (nothing, last.ended_because) == (None, SessionEnd.EXPIRED)


def test_an_ended_session_stays_as_it_ended() -> None:
    session = a_session(a_token()).ended(SessionEnd.LOGOUT, now=NOW)
    assert session.ended(SessionEnd.REUSED, now=NOW + FIVE_MINUTES) is session
