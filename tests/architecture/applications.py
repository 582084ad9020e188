"""The applications of all services and their API documents, made once in a process.

Tests that read them share one process: each carries `IN_ONE_PROCESS`.
"""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import Any

import pytest
from fastapi import FastAPI

IN_ONE_PROCESS = pytest.mark.xdist_group("applications")


@cache
def app_of(service: str) -> FastAPI:
    """Return the application of a service; its database is never reached."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("L2C_MODE", "development")
        patch.setenv(f"{service.upper()}_DATABASE_URL", "postgresql+asyncpg://unused/x")
        created: FastAPI = import_module(f"{service}.app").create()
        return created


@cache
def document_of(service: str) -> dict[str, Any]:
    """Return the OpenAPI document of a service; callers must not change it."""
    return app_of(service).openapi()


def operations(service: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the operations of a service, each after its method and path."""
    for path, item in document_of(service)["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation
