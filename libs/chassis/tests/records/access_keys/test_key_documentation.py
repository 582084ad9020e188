"""What OpenAPI says of routes that are entered with an access key, and of their logs."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI

from chassis.foundation import logs
from chassis.foundation.key_redaction import without_access_keys
from chassis.web.entrances import DESCRIPTION
from libs.chassis.tests.records.access_keys import links
from testkit.kept_logging import kept_logging
from testkit.plugin import Client


@pytest.fixture
def paths(app: FastAPI) -> dict[str, Any]:
    found: dict[str, Any] = app.openapi()["paths"]
    return found


def names(operation: dict[str, Any]) -> dict[str, bool]:
    return {p["name"]: p.get("required", False) for p in operation["parameters"]}


def test_no_bearer_token_is_asked_for(paths: dict[str, Any]) -> None:
    operation = paths["/testkit/v1/card-links/{access_key}"]["get"]
    assert operation["security"] == []
    assert operation["summary"] == "Read the card of a link"
    assert operation["description"] == f"Read the card of a link.\n\n{DESCRIPTION}"
    assert "401" not in operation["responses"]
    assert {"403", "404", "429"} <= set(operation["responses"])
    assert operation["x-access-purpose"] == "testkit.card.view"


def test_the_event_id_replaces_the_idempotency_key(paths: dict[str, Any]) -> None:
    by_header = paths["/testkit/v1/card-links/reports"]["post"]
    assert names(by_header) == {
        "Accept-Language": False,
        "X-Access-Key": True,
        "X-Event-Id": True,
    }
    assert by_header["x-event-id"] == "X-Event-Id:"
    by_body = paths["/testkit/v1/card-links/{access_key}/notices"]["post"]
    assert names(by_body) == {"Accept-Language": False, "access_key": True}
    assert by_body["x-event-id"] == "/event_id"
    ordinary = paths["/testkit/v1/card-links/{access_key}/finish"]["post"]
    assert "Idempotency-Key" in names(ordinary)


def test_other_routes_ask_for_the_bearer_token(paths: dict[str, Any]) -> None:
    operation = paths["/testkit/v1/cards/{record_id}/access-keys"]["get"]
    assert operation["security"] == [{"bearer": ["testkit.card.write"]}]


@pytest.fixture
def restored_logging() -> Iterator[None]:
    with kept_logging():
        yield


def request_line(output: str) -> dict[str, Any]:
    """Return the one line about a request; other tests' loggers may write in another form."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    found: dict[str, Any]
    (found,) = [each for each in lines if each["event"] == "request"]
    return found


@pytest.mark.parametrize("path", ["", "/finish", "/no/such/route"])
async def test_keys_stay_out_of_logs(
    client: Client, capsys: pytest.CaptureFixture[str], restored_logging: None, path: str
) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "view"))["key"]
    logs.configure("INFO", service="test")
    await client.get(f"/card-links/{key}{path}", headers=links.NO_TOKEN)
    lines = capsys.readouterr().out
    assert key not in lines
    assert request_line(lines)["path"] == f"/testkit/v1/card-links/l2ck_***{path}"


async def test_the_line_of_a_use_names_the_key_by_its_id(
    client: Client, capsys: pytest.CaptureFixture[str], restored_logging: None
) -> None:
    card_id = await links.make_card(client)
    issued = await links.issue(client, card_id, "view")
    logs.configure("INFO", service="test")
    await links.view(client, issued["key"])
    line = request_line(capsys.readouterr().out)
    assert line["actor"].startswith(f"access-key:{issued['key_id']}:")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/links/l2ck_aZ-9_x/finish?next=l2ck_b", "/links/l2ck_***/finish?next=l2ck_***"),
        ("no key", "no key"),
    ],
)
def test_keys_are_replaced_wherever_they_stand(text: str, shown: str) -> None:
    assert without_access_keys(text) == shown
