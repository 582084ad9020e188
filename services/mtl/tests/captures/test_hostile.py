"""Whatever a sender hands in, the answer is a receipt or a problem, and never an error of ours."""

from typing import Any

import pytest
from httpx import AsyncClient

from services.mtl.tests.channels.senders import MAPPED, NO_TOKEN, captures, open_channel, send
from services.mtl.tests.factories import problem, violations


def nested(depth: int) -> dict[str, Any]:
    payload: dict[str, Any] = {"name": "王芳"}
    for _ in range(depth):
        payload = {"a": payload}
    return payload


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (nested(20), "PAYLOAD_TOO_DEEP"),
        ({f"k{n}": 1 for n in range(5_000)}, "PAYLOAD_TOO_LARGE"),
        ({"list": [[]] * 5_000}, "PAYLOAD_TOO_LARGE"),
        ({"name": "a\0b"}, "TEXT_INVALID"),
        ({"a\0b": "name"}, "TEXT_INVALID"),
        ({"deep": [{"name": "a\0b"}]}, "TEXT_INVALID"),
        ([], "TYPE_INVALID"),
        ("text", "TYPE_INVALID"),
        (None, "REQUIRED"),
    ],
    ids=["deep", "keys", "list", "nul", "nul in name", "deep nul", "array", "text", "null"],
)
async def test_payloads_that_cannot_be_kept_are_refused(
    client: AsyncClient, payload: Any, code: str
) -> None:
    channel_id, key = await open_channel(client)
    answer = await send(client, channel_id, key, payload)
    assert answer.status_code == 422, answer.text
    assert violations(answer) == {("", code)}
    assert await captures(client) == []


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[" * 5_000, b'{"a": NaN}', b'{"a": "\\ud800"}', b'{"a": 1, "a": 2}', b"\xff"],
)
async def test_bodies_that_are_no_json_are_refused(client: AsyncClient, content: bytes) -> None:
    channel_id, key = await open_channel(client)
    answer = await client.post(
        f"/channels/{channel_id}/captures",
        content=content,
        headers={**NO_TOKEN, "X-Access-Key": key, "Content-Type": "application/json"},
    )
    assert answer.status_code in (400, 422), answer.text


async def test_a_body_has_a_limit(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client)
    answer = await send(client, channel_id, key, {"need": "x" * 65_536})
    assert problem(answer) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    "value",
    [
        True,
        12.5,
        10**30,
        -1,
        1e300,
        [],
        {},
        [1, 2],
        ["a", "b"],
        {"a": 1},
        "x" * 20_000,
        " \u200b ",
        "' OR 1=1 --",
        "{{7*7}}",
        "<script>",
        "\u202e",
    ],
    ids=str,
)
async def test_values_of_any_kind_in_any_field_are_judged(client: AsyncClient, value: Any) -> None:
    fields = ("name", "company", "phone", "email", "uscc", "budget", "expected_on", "company_size")
    more = ("country", "region_code", "website", "wechat_id", "language", "touch.at", "event_id")
    channel_id, key = await open_channel(client)
    for name in (*fields, *more):
        answer = await send(client, channel_id, key, {name: value, "source_detail": "x"})
        assert answer.status_code in (200, 201, 409), (name, answer.text)
        assert answer.status_code != 201 or answer.json()["outcome"] in (
            "ACCEPTED",
            "QUARANTINED",
        ), name


async def test_the_values_of_a_mapping_are_judged_too(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client, mapping=MAPPED)
    for form in (None, 1, "text", [], [{"name": "x"}], {"phone": {"a": [1]}, "budget": [1]}):
        answer = await send(client, channel_id, key, {"form": form})
        assert answer.status_code == 201, answer.text
        assert answer.json()["outcome"] == "QUARANTINED"


@pytest.mark.parametrize("event_id", ["x" * 256, "a b"])
async def test_an_event_id_is_short_and_visible(client: AsyncClient, event_id: str) -> None:
    channel_id, key = await open_channel(client)
    answer = await send(client, channel_id, key, {"company": "远景"}, event_id=event_id)
    assert answer.status_code == 422
