"""Tests of log lines: the ids of the current context, and the limit of repeated lines."""

import io
import json
import logging
import time
from collections.abc import Iterator

import pytest
import structlog

from chassis.foundation import logs
from chassis.foundation.context import Context, use_context
from testkit.kept_logging import kept_logging


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    with kept_logging():
        yield


def logged_line(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    logs.configure("INFO", service="test")
    structlog.get_logger("test_logs").info("example")
    logged: dict[str, str] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return logged


def test_a_line_without_a_context_has_no_ids(capsys: pytest.CaptureFixture[str]) -> None:
    assert logged_line(capsys).keys() == {"event", "level", "timestamp", "service"}


def test_a_line_of_a_job_has_the_ids_of_its_context(capsys: pytest.CaptureFixture[str]) -> None:
    with use_context(
        Context(request_id="r", correlation_id="c", job_id="j", tenant="t")
    ) as context:
        logged = logged_line(capsys)
    assert (logged["request_id"], logged["correlation_id"], logged["job_id"]) == ("r", "c", "j")
    assert logged["trace_id"] == context.trace_id
    assert "event_id" not in logged


def test_repeated_lines_of_a_library_are_counted_and_dropped() -> None:
    line_filter = logs.RepeatedLineFilter(seconds=0.05)

    def record() -> logging.LogRecord:
        return logging.LogRecord("aiokafka.x", logging.ERROR, "", 0, "no node %s", (1,), None)

    assert [line_filter.filter(record()) for _ in range(3)] == [True, False, False]
    time.sleep(0.06)
    later = record()
    assert line_filter.filter(later)
    assert later.getMessage() == "no node 1 (and 2 times more)"


def test_a_line_that_cannot_be_written_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    closed = io.TextIOWrapper(io.BytesIO())
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdout", closed)
        logs.configure("INFO", service="test")
        closed.close()
        structlog.get_logger("test_logs").error("nobody reads this")
    logs.configure("INFO", service="test")
    structlog.get_logger("test_logs").info("read")
    assert json.loads(capsys.readouterr().out)["event"] == "read"


def test_lines_below_the_level_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("WARNING", service="test")
    structlog.get_logger("test_logs").info("left out")
    logging.getLogger("library").warning("of a library")
    structlog.get_logger("test_logs").warning("own")
    events = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert events == ["of a library", "own"]
