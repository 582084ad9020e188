"""Who may hand in: keys, their rotation, tenants, sites of browsers, limits and traps."""

from uuid import UUID

from fastapi import FastAPI
from httpx import AsyncClient, Response

from kernel.ids import new_id
from services.mtl.tests.channels.senders import (
    NO_TOKEN,
    captures,
    issue_key,
    make_channel,
    open_channel,
    send,
)
from services.mtl.tests.factories import problem
from testkit import tokens
from testkit.plugin import Committed
from testkit.tenants import add_tenant

LEAD = {"company": "远景科技"}
SITE = "https://www.example.com"


async def preflight(client: AsyncClient, channel_id: str, origin: str = SITE) -> Response:
    return await client.request(
        "OPTIONS",
        f"/channels/{channel_id}/captures",
        headers={
            **NO_TOKEN,
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type,x-access-key",
        },
    )


async def test_keys_are_rotated_without_a_gap(client: AsyncClient) -> None:
    channel_id, old = await open_channel(client)
    new = await issue_key(client, channel_id)
    for key in (old, new["key"]):
        assert (await send(client, channel_id, key, LEAD)).status_code == 201
    shown = (await client.get(f"/channels/{channel_id}/access-keys")).json()["items"]
    assert [one["tail"] for one in shown] == [new["key"][-4:], old[-4:]]
    assert old not in str(shown)
    revoked = f"/channels/{channel_id}/access-keys/{shown[1]['id']}/revoke"
    assert (await client.post(revoked)).status_code == 200
    assert problem(await send(client, channel_id, old, LEAD)) == (404, "ACCESS_KEY_REFUSED")
    assert (await send(client, channel_id, new["key"], LEAD)).status_code == 201


async def test_a_key_is_shown_once(client: AsyncClient) -> None:
    channel_id = (await make_channel(client))["id"]
    path, headers = f"/channels/{channel_id}/access-keys", {"Idempotency-Key": "k-1"}
    first = await client.post(path, headers=headers)
    again = await client.post(path, headers=headers)
    assert first.json()["key"].startswith("l2ck_")
    assert again.json() == first.json() | {"key": None}


async def test_a_key_admits_to_its_own_channel_only(client: AsyncClient) -> None:
    _, key = await open_channel(client)
    other = (await make_channel(client, name="展会"))["id"]
    assert problem(await send(client, other, key, LEAD)) == (404, "ACCESS_KEY_REFUSED")
    assert problem(await send(client, other, "l2ck_none", LEAD)) == (404, "ACCESS_KEY_REFUSED")
    answer = await client.post(f"/channels/{other}/captures", json=LEAD, headers=NO_TOKEN)
    assert problem(answer) == (404, "ACCESS_KEY_REFUSED")


async def test_a_channel_that_is_off_or_deleted_takes_nothing(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client)
    await client.patch(f"/channels/{channel_id}", json={"active": False})
    assert problem(await send(client, channel_id, key, LEAD)) == (409, "CHANNEL_INACTIVE")
    await client.patch(f"/channels/{channel_id}", json={"active": True})
    await client.delete(f"/channels/{channel_id}")
    assert problem(await send(client, channel_id, key, LEAD)) == (404, "ACCESS_KEY_REFUSED")
    await client.post(f"/channels/{channel_id}/restore")
    assert (await send(client, channel_id, key, LEAD)).status_code == 201


async def test_a_channel_takes_so_many_requests_a_minute(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client, requests_per_minute=3)
    statuses = [(await send(client, channel_id, key, LEAD)).status_code for _ in range(4)]
    assert statuses == [201, 201, 201, 429]
    other = (await issue_key(client, channel_id))["key"]
    limited = await send(client, channel_id, other, LEAD)
    assert problem(limited) == (429, "ACCESS_KEY_LIMITED")
    assert int(limited.headers["Retry-After"]) > 0
    assert len(await captures(client)) == 3


async def test_only_the_sites_of_a_channel_may_send(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client, allowed_origins=[SITE])
    asked = await preflight(client, channel_id)
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == SITE
    assert "X-Access-Key" in asked.headers["Access-Control-Allow-Headers"]
    admitted = await send(client, channel_id, key, LEAD, Origin=SITE)
    assert admitted.status_code == 201
    assert admitted.headers["Access-Control-Allow-Origin"] == SITE
    assert "Origin" in admitted.headers["Vary"]
    wrong = await send(client, channel_id, key, [], Origin=SITE)
    assert wrong.status_code == 422
    assert wrong.headers["Access-Control-Allow-Origin"] == SITE
    refused = await send(client, channel_id, key, LEAD, Origin="https://evil.example.net")
    assert problem(refused) == (403, "ORIGIN_NOT_ADMITTED")
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert len(await captures(client)) == 1


async def test_other_routes_answer_no_preflight_of_a_strange_site(client: AsyncClient) -> None:
    answer = await client.request(
        "OPTIONS",
        "/leads",
        headers={"Origin": SITE, "Access-Control-Request-Method": "POST"},
    )
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_machine_in_the_trap_sees_nothing_and_leaves_no_lead(client: AsyncClient) -> None:
    channel_id, key = await open_channel(client, honeypot="form.website2")
    sent = await send(client, channel_id, key, {**LEAD, "form": {"website2": "http://spam"}})
    assert (sent.status_code, sent.json()["outcome"]) == (201, "ACCEPTED")
    assert sent.json()["reasons"] == []
    assert (await client.get("/leads")).json()["items"] == []
    [capture] = await captures(client)
    assert (capture["outcome"], capture["reasons"][0]["code"]) == ("REJECTED", "CAPTURE_TRAPPED")
    honest = await send(client, channel_id, key, {**LEAD, "form": {"website2": ""}})
    assert honest.status_code == 201
    assert len((await client.get("/leads")).json()["items"]) == 1


async def test_a_key_reaches_no_other_tenant(
    app: FastAPI, committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    channel_id, key = await open_channel(committed_client)
    other = new_id()
    async with committed.app.begin(other) as tx:
        await add_tenant(tx)
    stranger = tokens.bearer(other)
    assert (await committed_client.get("/channels", headers=stranger)).json()["items"] == []
    missing = await committed_client.get(f"/channels/{channel_id}", headers=stranger)
    assert problem(missing) == (404, "CHANNEL_NOT_FOUND")
    headers = {"If-Match": "*", **stranger}
    issued = await committed_client.post(f"/channels/{channel_id}/access-keys", headers=headers)
    assert issued.status_code == 404
    assert (await send(committed_client, channel_id, key, LEAD)).status_code == 201
    for path in ("/captures", "/leads"):
        assert (await committed_client.get(path, headers=stranger)).json()["items"] == []
        assert len((await committed_client.get(path)).json()["items"]) == 1
