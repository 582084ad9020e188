"""What the public port shows, and what only the operators' port does."""

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import ASGIApp

from chassis.composition.serve import combine_apps
from testkit.app import create
from testkit.production import set_secrets

DOCS = ("/", "/testkit/v1/docs", "/testkit/v1/openapi.json", "/static-offline-docs/favicon.png")
OPERATORS = ("/livez", "/readyz", "/metrics")


async def statuses(app: ASGIApp, paths: tuple[str, ...]) -> list[int]:
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as http:
        return [(await http.get(path)).status_code for path in paths]


@pytest.fixture
def production(environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "production")
    set_secrets(monkeypatch)
    monkeypatch.setenv("OIDC_ISSUER", "https://issuer.test")


async def test_the_public_port_of_production_shows_neither_docs_nor_metrics(
    production: None,
) -> None:
    front = combine_apps({"testkit": create()})
    assert await statuses(front, OPERATORS + DOCS) == [404] * 7


async def test_docs_can_be_switched_on_in_production(
    production: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("L2C_DOCS", "true")
    front = combine_apps({"testkit": create()})
    assert await statuses(front, OPERATORS + DOCS[:3]) == [404] * 3 + [200] * 3


async def test_docs_can_be_switched_off_in_development(
    environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("L2C_DOCS", "false")
    assert await statuses(combine_apps({"testkit": create()}), DOCS) == [404] * 4


async def test_the_operators_port_shows_health_and_metrics_and_no_api(app: FastAPI) -> None:
    front = combine_apps({"testkit": app})
    operators: ASGIApp = front.state.operators  # type: ignore[attr-defined]  # set by combine_apps
    assert await statuses(operators, (*OPERATORS, *DOCS, "/testkit/v1/notes")) == (
        [200] * 3 + [404] * 5
    )
    assert await statuses(front, OPERATORS) == [404] * 3
