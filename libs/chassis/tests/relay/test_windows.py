"""Windows against a model that plays transactions one step at a time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.events.relay.windows import BEGINNING, Snapshot, Window


def history(steps: list[int]) -> tuple[list[Snapshot], list[set[int]]]:
    """Snapshots after every step, and what had ended by then.

    A step begins a transaction (0) or ends the n-th of those running.
    """
    running: list[int] = []
    ended: set[int] = set()
    upcoming = 3
    snapshots, truths = [], []
    for step in steps:
        if step == 0 or not running:
            running.append(upcoming)
            upcoming += 1
        else:
            ended.add(running.pop(step % len(running)))
        xmax = max(ended, default=2) + 1  # the latest that ended, plus one
        seen_running = frozenset(xid for xid in running if xid < xmax)
        snapshots.append(Snapshot(min(seen_running, default=xmax), xmax, seen_running))
        truths.append(set(ended))
    return snapshots, truths


def in_sql(window: Window, xid: int) -> bool:
    """The condition that the window's query states."""
    fresh = window.since <= xid < window.until and window.hi.sees(xid)
    return fresh or xid in window.finished


STEPS = st.lists(st.integers(0, 5), min_size=1, max_size=60)


@given(steps=STEPS, cuts=st.sets(st.integers(0, 59)))
def test_consecutive_windows_hold_every_ended_transaction_exactly_once(
    steps: list[int], cuts: set[int]
) -> None:
    snapshots, truths = history(steps)
    stops = sorted({cut for cut in cuts if cut < len(steps)} | {len(steps) - 1})
    lo, found = BEGINNING, list[int]()
    for stop in stops:
        window = Window(lo, snapshots[stop])
        inside = [xid for xid in range(1, 70) if in_sql(window, xid)]
        assert not (window.is_empty and set(inside) & truths[stop])
        found += [xid for xid in inside if xid in truths[stop]]
        assert sorted(found) == sorted(truths[stop])
        lo = snapshots[stop]


@given(steps=STEPS)
def test_a_snapshot_sees_what_had_ended_and_reaches_all_earlier_ones(steps: list[int]) -> None:
    snapshots, truths = history(steps)
    for number, (snapshot, truth) in enumerate(zip(snapshots, truths, strict=True)):
        assert {xid for xid in range(3, 70) if snapshot.sees(xid)} == truth
        assert all(snapshot.reaches(earlier) for earlier in snapshots[: number + 1])
        assert snapshot.reaches(BEGINNING)


@given(steps=STEPS)
def test_a_later_snapshot_that_sees_more_is_not_reached(steps: list[int]) -> None:
    snapshots, truths = history(steps)
    for earlier, truth in zip(snapshots, truths, strict=True):
        assert earlier.reaches(snapshots[-1]) == (truth == truths[-1])


@given(steps=STEPS)
def test_the_text_form_is_read_back(steps: list[int]) -> None:
    for snapshot in history(steps)[0]:
        assert Snapshot.parse(str(snapshot)) == snapshot


def test_postgresqls_own_example() -> None:
    snapshot = Snapshot.parse("10:20:10,14,15")
    assert [xid for xid in range(8, 22) if snapshot.sees(xid)] == [8, 9, 11, 12, 13, 16, 17, 18, 19]


@pytest.mark.parametrize("text", ["", "1:1", "a:b:", "1:1:x", "1:2:3:4"])
def test_anything_else_is_no_snapshot(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Snapshot.parse(text)
