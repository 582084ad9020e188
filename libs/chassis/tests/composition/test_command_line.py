"""Tests of the output of the command line: aligned columns, and a sentence for each failure."""

from pathlib import Path

import asyncpg
import pytest
import typer
from sqlalchemy.exc import ArgumentError, ProgrammingError

from chassis.composition.command_line import (
    CommandFailed,
    failures_as_sentences,
    installed_services,
    known_service,
    known_services,
    setting,
)
from chassis.composition.text_columns import aligned
from kernel.errors import Invalid, NotFound, Violation


@pytest.fixture
def one_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Only a service and a plain package can be imported."""
    for package, files in {"desk": ("app", "worker", "database"), "tools": ("app",)}.items():
        (tmp_path / package).mkdir()
        for name in ("__init__", *files):
            (tmp_path / package / f"{name}.py").touch()
    monkeypatch.setattr("sys.path", [str(tmp_path)])
    return "desk"


def test_the_services_are_the_packages_with_an_api_and_a_worker(one_service: str) -> None:
    assert installed_services() == [one_service]
    assert known_services(None) == known_services([one_service]) == [one_service]


def test_an_unknown_service_is_refused_with_those_that_exist(one_service: str) -> None:
    with pytest.raises(typer.BadParameter, match=r"There is no service 'os'; .* desk"):
        known_service("os")


def test_a_setting_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.delenv("DESK_WORKER_DATABASE_URL", raising=False)
    with pytest.raises(CommandFailed, match="DESK_WORKER_DATABASE_URL is not set"):
        setting("desk", "worker_database_url")


def test_columns_are_aligned_and_no_value_is_cut_or_folded() -> None:
    long = "x" * 300
    rows = [{"id": "1", "error": f"{long}\n{long}"}, {"id": "上海", "error": "short"}]
    assert aligned(("id", "error"), rows).splitlines() == [
        "id    error",
        f"1     {long} {long}",
        "上海  short",
    ]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            NotFound("parked_event", "1"),
            "The parked event does not exist. (PARKED_EVENT_NOT_FOUND)",
        ),
        (Invalid([Violation("/name", "REQUIRED")]), "/name: "),
        (ConnectionRefusedError(111, "refused"), "The database of desk does not answer: "),
        (asyncpg.UndefinedTableError("no table x"), "The database of desk refuses: no table x."),
        (
            ProgrammingError("SELECT secret", {}, asyncpg.UndefinedTableError("no table x")),
            "The database of desk refuses: no table x.",
        ),
        (ArgumentError("no URL"), "The URL of desk's database cannot be read: no URL."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_failure_is_one_sentence(error: Exception, message: str) -> None:
    with pytest.raises(CommandFailed) as failed, failures_as_sentences("desk"):
        raise error
    answer = str(failed.value)
    assert answer.startswith(message)
    assert "SELECT" not in answer
    assert "\n" not in answer
