"""The ids in a log line are those of the work it is about, or there are none."""

import json
import logging
import time
from collections.abc import Iterator

import pytest
import structlog

from chassis.foundation import logs
from chassis.foundation.context import Context, use_context


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    root.handlers[:] = before
    root.setLevel(level)


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    logs.configure("INFO", service="test")
    structlog.get_logger("test_logs").info("said")
    told: dict[str, str] = json.loads(capsys.readouterr().out.splitlines()[-1])
    return told


def test_no_ids_without_a_context(capsys: pytest.CaptureFixture[str]) -> None:
    assert line(capsys).keys() == {"event", "level", "timestamp", "service"}


def test_the_ids_of_a_job(capsys: pytest.CaptureFixture[str]) -> None:
    with use_context(
        Context(request_id="r", correlation_id="c", job_id="j", tenant="t")
    ) as context:
        told = line(capsys)
    assert (told["request_id"], told["correlation_id"], told["job_id"]) == ("r", "c", "j")
    assert told["trace_id"] == context.trace_id
    assert "event_id" not in told


def test_a_library_says_the_same_thing_seldom() -> None:
    seldom = logs.RepeatedLineFilter(seconds=0.05)

    def record() -> logging.LogRecord:
        return logging.LogRecord("aiokafka.x", logging.ERROR, "", 0, "no node %s", (1,), None)

    assert [seldom.filter(record()) for _ in range(3)] == [True, False, False]
    time.sleep(0.06)
    later = record()
    assert seldom.filter(later)
    assert later.getMessage() == "no node 1 (and 2 times more)"
