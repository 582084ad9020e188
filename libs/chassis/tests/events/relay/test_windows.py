"""Property tests: windows against a model that runs transactions step by step."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.events.relay.windows import BEGINNING, Snapshot, Window


def history(steps: list[int]) -> tuple[list[Snapshot], list[set[int]]]:
    """Return the snapshot after every step, and the transactions ended by then.

    A step begins a transaction (0) or ends the n-th of those running.
    """
    running: list[int] = []
    ended: set[int] = set()
    upcoming = 3
    snapshots, ended_sets = [], []
    for step in steps:
        if step == 0 or not running:
            running.append(upcoming)
            upcoming += 1
        else:
            ended.add(running.pop(step % len(running)))
        xmax = max(ended, default=2) + 1  # the latest that ended, plus one
        seen_running = frozenset(xid for xid in running if xid < xmax)
        snapshots.append(Snapshot(min(seen_running, default=xmax), xmax, seen_running))
        ended_sets.append(set(ended))
    return snapshots, ended_sets


def in_sql(window: Window, xid: int) -> bool:
    """Return the condition of the window's query."""
    began_after_lo = window.since <= xid < window.until and window.hi.sees(xid)
    return began_after_lo or xid in window.finished


STEPS = st.lists(st.integers(0, 5), min_size=1, max_size=60)


@given(steps=STEPS, cuts=st.sets(st.integers(0, 59)))
def test_consecutive_windows_hold_every_ended_transaction_exactly_once(
    steps: list[int], cuts: set[int]
) -> None:
    snapshots, ended_sets = history(steps)
    stops = sorted({cut for cut in cuts if cut < len(steps)} | {len(steps) - 1})
    lo, found = BEGINNING, list[int]()
    for stop in stops:
        window = Window(lo, snapshots[stop])
        inside = [xid for xid in range(1, 70) if in_sql(window, xid)]
        assert not (window.is_empty and set(inside) & ended_sets[stop])
        found += [xid for xid in inside if xid in ended_sets[stop]]
        assert sorted(found) == sorted(ended_sets[stop])
        lo = snapshots[stop]


@given(steps=STEPS)
def test_a_snapshot_sees_ended_transactions_and_includes_all_earlier_snapshots(
    steps: list[int],
) -> None:
    snapshots, ended_sets = history(steps)
    for number, (snapshot, truth) in enumerate(zip(snapshots, ended_sets, strict=True)):
        assert {xid for xid in range(3, 70) if snapshot.sees(xid)} == truth
        assert all(snapshot.includes(earlier) for earlier in snapshots[: number + 1])
        assert snapshot.includes(BEGINNING)


@given(steps=STEPS)
def test_a_later_snapshot_that_sees_more_is_not_included(steps: list[int]) -> None:
    snapshots, ended_sets = history(steps)
    for earlier, truth in zip(snapshots, ended_sets, strict=True):
        assert earlier.includes(snapshots[-1]) == (truth == ended_sets[-1])


@given(steps=STEPS)
def test_the_text_form_is_parsed_as_it_was_written(steps: list[int]) -> None:
    for snapshot in history(steps)[0]:
        assert Snapshot.parse(str(snapshot)) == snapshot


def test_the_example_of_the_postgresql_manual() -> None:
    snapshot = Snapshot.parse("10:20:10,14,15")
    assert [xid for xid in range(8, 22) if snapshot.sees(xid)] == [8, 9, 11, 12, 13, 16, 17, 18, 19]


@pytest.mark.parametrize("text", ["", "1:1", "a:b:", "1:1:x", "1:2:3:4"])
def test_an_invalid_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Snapshot.parse(text)
