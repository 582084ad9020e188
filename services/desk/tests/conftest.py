"""Fixtures of DESK's tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desk.files.store.objects import file_store
from desk.settings import desk_settings


@pytest.fixture(scope="session")
def service() -> str:
    return "desk"


@pytest.fixture(autouse=True)
def store_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder in which this test's files lie."""
    folder = tmp_path / "store"
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.setenv("DESK_STORE_URL", folder.as_uri())
    forget_settings()
    yield folder
    forget_settings()


def forget_settings() -> None:
    """Read the settings anew: a process reads them once."""
    desk_settings.cache_clear()
    file_store.cache_clear()
