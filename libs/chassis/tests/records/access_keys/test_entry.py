"""Entering with an access key: who is admitted, as whom, and that refusals reveal nothing."""

from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import visibility_for
from chassis.web.commands import Command
from kernel.ids import new_id
from libs.chassis.tests.records.access_keys import links
from testkit import tokens
from testkit.cards.actions import finish_card
from testkit.cards.store import Card
from testkit.directory import Company, sign_in
from testkit.plugin import Client
from testkit.tenants import add_tenant

NOTICE = {"event_id": "e-1", "words": "more"}
UNKNOWN = "l2ck_0000000000000000000000000000000000000000000"


def without_trace(problem: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in problem.items() if name != "trace_id"}


async def test_a_key_admits_to_its_record_without_a_token(client: Client) -> None:
    card_id = await links.make_card(client, "Two")
    await client.patch(f"/cards/{card_id}", json={"title": "Three"})
    issued = await links.issue(client, card_id, "view")
    assert len(issued["key"]) == len("l2ck_") + 43  # 256 bits
    answer = await links.view(client, issued["key"])
    assert answer.status_code == 200
    shown = answer.json()
    assert (shown["title"], shown["stage"], shown["record_version"]) == ("Three", "TO_DO", 2)
    assert shown["clerk"] is not None
    assert shown["clerk_name"] is None, "the directory of this test knows nobody"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


async def test_only_a_digest_is_stored(client: Client, tx: AsyncConnection) -> None:
    card_id = await links.make_card(client)
    headers = {"Idempotency-Key": "once"}
    body = {"purpose": "testkit.card.view"}
    first = await client.post(f"/cards/{card_id}/links", json=body, headers=headers)
    again = await client.post(f"/cards/{card_id}/links", json=body, headers=headers)
    key = first.json()["key"]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json() | {"key": None}
    await links.view(client, key)
    await links.notify(client, (await links.issue(client, card_id, "report"))["key"], **NOTICE)
    for query in (
        "SELECT path, convert_from(body, 'UTF8') FROM idempotency_keys",
        "SELECT changes::text, actor FROM audit_entries",
        "SELECT purpose, resource, created_by FROM access_keys",
    ):
        rows = str((await tx.execute(text(query))).all())
        assert len(rows) > 2
        assert key not in rows
        assert "l2ck_" not in rows.replace("l2ck_***", "")


async def test_every_reason_for_a_refusal_has_the_same_answer(
    client: Client, tx: AsyncConnection
) -> None:
    problems = []
    card_id = await links.make_card(client)

    async def refuse(key: str) -> None:
        answer = await links.view(client, key)
        assert answer.status_code == 404
        assert answer.headers["Cache-Control"] == "no-store"
        problems.append(without_trace(answer.json()))

    await refuse(UNKNOWN)
    await refuse((await links.issue(client, card_id, "finish"))["key"])  # for something else
    revoked = await links.issue(client, card_id, "view")
    await links.revoke(client, card_id, revoked["key_id"])
    await refuse(revoked["key"])
    used_up = await links.issue(client, card_id, "view", max_uses=1)
    assert (await links.view(client, used_up["key"])).status_code == 200
    await refuse(used_up["key"])
    expired = "l2ck_expired"
    await links.add_expired_key(tx, card_id, expired)
    await refuse(expired)
    of_deleted = await links.issue(client, card_id, "view")
    assert (await client.delete(f"/cards/{card_id}")).status_code == 204
    await refuse(of_deleted["key"])

    assert problems[0] == {
        "type": "urn:l2c:problem:access-key-refused",
        "title": "This link is not valid, has expired or was already used. "
        "Please ask its sender for a new one.",
        "status": 404,
        "detail": "This link is not valid, has expired or was already used. "
        "Please ask its sender for a new one.",
        "instance": "/testkit/v1/card-links/l2ck_***",
        "code": "ACCESS_KEY_REFUSED",
        "params": {},
    }
    assert problems == [problems[0]] * 6


async def test_malformed_and_missing_keys_are_refused_alike(client: Client) -> None:
    for key in ("x", "l2ck_", "钥匙", "a" * 300, tokens.sign(new_id())):
        answer = await links.view(client, key)
        assert (answer.status_code, answer.json()["code"]) == (404, "ACCESS_KEY_REFUSED"), key
    answer = await client.post("/card-links/reports", json={"words": "x"}, headers=links.NO_TOKEN)
    assert (answer.status_code, answer.json()["code"]) == (404, "ACCESS_KEY_REFUSED")


async def test_a_refusal_comes_before_the_errors_of_the_body(client: Client) -> None:
    answer = await links.report(client, UNKNOWN, None, words="")
    assert (answer.status_code, answer.json()["code"]) == (404, "ACCESS_KEY_REFUSED")


async def test_the_text_of_a_refusal_is_in_both_languages(client: Client) -> None:
    headers = {**links.NO_TOKEN, "Accept-Language": "zh-CN"}
    answer = await client.get(f"/card-links/{UNKNOWN}", headers=headers)
    assert answer.json()["detail"] == "链接无效、已过期或已被使用，请向发送者索取新的链接。"


async def test_a_key_that_is_bound_to_a_version_is_void_after_a_change(client: Client) -> None:
    card_id = await links.make_card(client)
    issued = await links.issue(client, card_id, "finish")
    await client.patch(f"/cards/{card_id}", json={"title": "Changed"})
    assert (await links.finish(client, issued["key"])).status_code == 404
    fresh = await links.issue(client, card_id, "finish")
    answer = await links.finish(client, fresh["key"])
    shown = answer.json()
    assert (shown["title"], shown["stage"], shown["record_version"]) == ("Changed", "DONE", 2)


async def test_a_restored_record_can_be_entered_again(client: Client) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "view"))["key"]
    await client.delete(f"/cards/{card_id}")
    assert (await links.view(client, key)).status_code == 404
    await client.post(f"/cards/{card_id}/restore")
    assert (await links.view(client, key)).status_code == 200


async def test_a_failed_request_is_no_use(client: Client) -> None:
    card_id = await links.make_card(client)
    issued = await links.issue(client, card_id, "report", max_uses=1)
    refused = await links.report(client, issued["key"], "e-1", words="x" * 21)
    assert refused.status_code == 422
    assert [key["uses"] for key in await links.keys_of(client, card_id)] == [0]
    assert (await links.report(client, issued["key"], "e-2")).status_code == 200


async def test_a_key_is_no_token(client: Client) -> None:
    """It reaches no other route, by whichever header."""
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "view"))["key"]
    for headers in ({"Authorization": f"Bearer {key}"}, {**links.NO_TOKEN, "X-Access-Key": key}):
        for path in (f"/cards/{card_id}", "/cards", "/enums", f"/cards/{card_id}/access-keys"):
            assert (await client.get(path, headers=headers)).status_code == 401, path


async def test_the_key_is_the_caller_and_has_no_scopes(
    client: Client, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    card_id = await links.make_card(client)
    issued = await links.issue(client, card_id, "finish")
    commands = []

    async def remember(command: Command, record_id: UUID) -> Card:
        commands.append(command)
        return await finish_card(command, record_id)

    monkeypatch.setattr("testkit.card_links.finish_card", remember)
    await links.finish(client, issued["key"])
    (command,) = commands
    assert command.caller is not None
    assert (command.caller.kind, command.caller.scopes) == ("access_key", frozenset())
    assert command.caller.subject == command.actor
    assert not command.caller.may("testkit.card.read")
    assert not (await visibility_for(command, "testkit.card")).everything


async def test_a_key_does_not_open_a_bearers_transaction(client: Client, tenant: UUID) -> None:
    """A token beside the key changes nothing: the tenant comes from the key."""
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "view"))["key"]
    answer = await client.get(f"/card-links/{key}", headers=tokens.bearer(new_id()))
    assert answer.json()["title"] == "One"


@pytest.mark.parametrize(
    ("status", "code"), [("SUSPENDED", "TENANT_SUSPENDED"), ("DELETED", "TENANT_DELETED")]
)
async def test_keys_of_a_suspended_tenant_are_refused(
    client: Client, tx: AsyncConnection, status: str, code: str
) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "view"))["key"]
    await add_tenant(tx, status=status)
    answer = await links.view(client, key)
    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert (await links.view(client, UNKNOWN)).status_code == 404


async def test_requests_with_keys_count_against_the_quota_of_the_tenant(
    client: Client, tx: AsyncConnection
) -> None:
    card_id = await links.make_card(client)
    key = (await links.issue(client, card_id, "view"))["key"]
    await add_tenant(tx, quotas={"requests_per_minute": 2})
    answers = [await links.view(client, key) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "QUOTA_REQUESTS"


async def test_the_audit_names_who_issued_the_link(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).person("王伟")
    card_id = await links.make_card(client)
    issued = await client.post(
        f"/cards/{card_id}/links",
        json={"purpose": "testkit.card.finish"},
        headers=sign_in(tenant, "王伟", scope="testkit.*"),
    )
    await links.finish(client, issued.json()["key"])
    for language, name in (("en", "Link issued by 王伟"), ("zh-CN", "链接（由王伟签发）")):
        headers = {"Accept-Language": language}
        entries = (await client.get(f"/cards/{card_id}/audit", headers=headers)).json()["items"]
        assert [(one["verb"], one["part"]) for one in entries] == [
            ("UPDATE", None),
            ("INSERT", "access_keys"),
            ("INSERT", None),
        ]
        assert entries[0]["actor_name"] == name
        assert entries[1]["actor_name"] == "王伟"
        assert "digest" not in {change["field"] for change in entries[1]["changes"]}
