"""The sender's event id takes the place of the Idempotency-Key."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from libs.chassis.tests.records.access_keys import links
from testkit.plugin import Client


async def title_of(client: Client, card_id: str) -> str:
    title: str = (await client.get(f"/cards/{card_id}")).json()["title"]
    return title


async def test_a_repeated_callback_gets_the_stored_answer(client: Client) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "report"))["key"]
    first = await links.report(client, key, "e-1")
    again = await links.report(client, key, "e-1")
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json() == first.json()
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert await title_of(client, card_id) == "One more"
    assert (await links.report(client, key, "e-2")).json()["title"] == "One more more"


async def test_the_id_may_be_a_field_of_the_body(client: Client) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "report"))["key"]
    for _ in range(2):
        answer = await links.notify(client, key, event_id="e-1", words="more")
        assert answer.json()["title"] == "One more"
    assert answer.headers["Idempotent-Replayed"] == "true"


async def test_another_content_under_the_same_id_is_refused(client: Client) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "report"))["key"]
    await links.report(client, key, "e-1")
    await links.notify(client, key, event_id="e-1", words="more")  # another operation, no repeat
    for answer, pointer in (
        (await links.report(client, key, "e-1", words="else"), "X-Event-Id:"),
        (await links.notify(client, key, event_id="e-1", words="else"), "/event_id"),
    ):
        assert answer.status_code == 422
        (error,) = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (pointer, "EVENT_ID_REUSED")


async def test_ids_of_two_keys_do_not_meet(client: Client) -> None:
    card_id = await links.make_card(client)
    for title in ("One more", "One more more"):
        key = (await links.issue(client, card_id, "report"))["key"]
        assert (await links.report(client, key, "e-1")).json()["title"] == title


async def test_the_last_use_of_a_key_can_be_repeated(client: Client) -> None:
    """Who has lost the answer to a one-time key gets it again, and only that."""
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "report", max_uses=1))["key"]
    first = await links.report(client, key, "e-1")
    assert (await links.report(client, key, "e-2")).status_code == 404
    again = await links.report(client, key, "e-1")
    assert (again.status_code, again.json()) == (200, first.json())


async def test_an_ordinary_key_makes_a_retry_safe_too(client: Client) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "finish"))["key"]
    first = await links.finish(client, key, **{"Idempotency-Key": "k"})
    again = await links.finish(client, key, **{"Idempotency-Key": "k"})
    assert (first.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_revoked_key_gets_no_stored_answer(client: Client) -> None:
    card_id = await links.make_card(client)
    issued = await links.issue(client, card_id, "report")
    await links.report(client, issued["key"], "e-1")
    await links.revoke(client, card_id, issued["key_id"])
    assert (await links.report(client, issued["key"], "e-1")).status_code == 404


@pytest.mark.parametrize(
    ("event_id", "code"),
    [(None, "EVENT_ID_MISSING"), ("", "EVENT_ID_INVALID"), ("x" * 256, "EVENT_ID_INVALID")],
)
async def test_an_event_without_a_usable_id_is_malformed(
    client: Client, event_id: str | None, code: str
) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "report"))["key"]
    answer = await links.report(client, key, event_id)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    "value", [{}, {"event_id": None}, {"event_id": ["e-1"]}, {"event_id": 1.5}]
)
async def test_a_body_without_an_event_id_is_malformed(
    client: Client, value: dict[str, Any]
) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "report"))["key"]
    answer = await links.notify(client, key, words="more", **value)
    assert (answer.status_code, answer.json()["code"]) == (400, "EVENT_ID_MISSING")


async def test_answers_to_events_are_kept_for_thirty_days(
    client: Client, tx: AsyncConnection
) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "report"))["key"]
    await links.report(client, key, "e-1")
    query = (
        "SELECT round(extract(epoch FROM expires_at - created_at) / 86400) FROM idempotency_keys"
    )
    assert (await tx.execute(text(query))).scalar_one() == 30
