"""The state transitions of an import, and its counts."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chassis.files.formats.findings import Finding
from chassis.files.imports.model import JOB_FAILED, Import, ImportState
from chassis.files.imports.target import RowOutcome
from kernel.errors import RuleBroken
from kernel.ids import new_id

NOON = datetime(2026, 11, 22, 4, tzinfo=UTC)


def make_import(state: ImportState = ImportState.OPEN, **fields: Any) -> Import:
    return Import(
        id=new_id(),
        resource="testkit.card",
        file_name="cards.csv",
        mapping=None,
        state=state,
        created_by="seller",
        created_at=NOON,
        updated_at=NOON,
        **fields,
    )


def test_an_import_runs_from_open_to_succeeded() -> None:
    run = make_import().with_file(10, now=NOON).start(now=NOON, caller_kind="person", scopes=[])
    assert (run.state, run.is_started) == (ImportState.QUEUED, True)
    run = run.run(6, now=NOON)
    assert (run.state, run.total, run.started_at) == (ImportState.RUNNING, 6, NOON)
    first = Counter({RowOutcome.CREATED: 2, RowOutcome.REFUSED: 1, RowOutcome.UNCHANGED: 1})
    run = run.count(first, warned=1, chunks=1, now=NOON)
    second = Counter({RowOutcome.UPDATED: 1, RowOutcome.UNCHANGED: -1, RowOutcome.MERGED: 2})
    run = run.count(second, warned=1, chunks=1, now=NOON).succeed(now=NOON)
    assert (run.created, run.updated, run.merged, run.unchanged) == (2, 1, 2, 0)
    assert (run.accepted, run.refused, run.processed, run.with_warnings) == (5, 1, 6, 2)
    assert (run.state, run.chunks_done, run.endings) == (ImportState.SUCCEEDED, 2, 1)
    assert run.has_ended


def test_only_an_import_whose_job_failed_can_resume() -> None:
    fields = {"file_size": 10, "total": 5, "chunks_done": 1, "started_at": NOON}
    running = make_import(ImportState.RUNNING, **fields)
    broken = running.fail([Finding(JOB_FAILED)], now=NOON)
    assert (broken.may_resume, broken.is_started, broken.endings) == (True, False, 1)
    again = broken.start(now=NOON, caller_kind="person", scopes=[])
    assert (again.state, again.failures, again.finished_at) == (ImportState.QUEUED, (), None)
    assert (again.chunks_done, again.started_at) == (1, NOON)
    unreadable = running.fail([Finding("FILE_EMPTY")], now=NOON)
    assert (unreadable.may_resume, unreadable.is_started) == (False, True)


REFUSED: list[tuple[ImportState, Callable[[Import], Import], str]] = [
    (
        ImportState.OPEN,
        lambda run: run.start(now=NOON, caller_kind="person", scopes=[]),
        "IMPORT_FILE_MISSING",
    ),
    (
        ImportState.CANCELLED,
        lambda run: run.start(now=NOON, caller_kind="person", scopes=[]),
        "IMPORT_CANCELLED",
    ),
    (
        ImportState.FAILED,
        lambda run: replace(run, total=5).start(now=NOON, caller_kind="person", scopes=[]),
        "IMPORT_EXPIRED",
    ),
    (ImportState.QUEUED, lambda run: run.with_file(1, now=NOON), "IMPORT_NOT_OPEN"),
    (ImportState.QUEUED, lambda run: run.with_mapping({}, now=NOON), "IMPORT_NOT_OPEN"),
    (ImportState.SUCCEEDED, lambda run: run.cancel(now=NOON), "IMPORT_FINISHED"),
    (ImportState.FAILED, lambda run: run.cancel(now=NOON), "IMPORT_FINISHED"),
]


@pytest.mark.parametrize(("state", "move", "code"), REFUSED)
def test_forbidden_transitions_are_refused(
    state: ImportState, move: Callable[[Import], Import], code: str
) -> None:
    with pytest.raises(RuleBroken) as refused:
        move(make_import(state))
    assert refused.value.code == code
