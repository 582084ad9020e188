"""Those who may change a record see and revoke its access keys; nobody sees a key again."""

from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from libs.chassis.tests.records.access_keys import links
from testkit.directory import Company, sign_in
from testkit.plugin import Client

OWN = "testkit.card.read testkit.card.write"


async def test_the_list_shows_everything_but_the_key(client: Client, tx: AsyncConnection) -> None:
    await Company(tx).person("li")
    card_id = await links.make_card(client)
    issued = await links.issue(client, card_id, "view", max_uses=3)
    await links.view(client, issued["key"])
    (shown,) = await links.keys_of(client, card_id)
    assert shown["last_used_at"] > shown["created_at"]
    expected = {
        "id": issued["key_id"],
        "purpose": "testkit.card.view",
        "purpose_name": "View the card",
        "state": "ACTIVE",
        "record_version": 1,
        "expires_at": issued["expires_at"],
        "revoked_at": None,
        "max_uses": 3,
        "uses": 1,
    }
    assert expected.items() <= shown.items()
    assert not any("digest" in name or name == "key" for name in shown)
    assert issued["key"] not in str(shown)


async def test_the_list_is_paged_newest_first(client: Client) -> None:
    card_id = await links.make_card(client)
    issued = [(await links.issue(client, card_id, "view"))["key_id"] for _ in range(3)]
    first = (await client.get(f"/cards/{card_id}/access-keys?limit=2")).json()
    path = f"/cards/{card_id}/access-keys?limit=2&cursor={first['next_cursor']}"
    second = (await client.get(path)).json()
    assert [one["id"] for one in first["items"] + second["items"]] == issued[::-1]


async def test_a_revoked_key_names_who_revoked_it_and_why(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).person("li")
    card_id = await links.make_card(client)
    issued = await links.issue(client, card_id, "view")
    answer = await client.post(
        f"/cards/{card_id}/access-keys/{issued['key_id']}/revoke",
        json={"reason": "发错了客户"},
        headers=sign_in(tenant, "li", scope="testkit.*"),
    )
    assert answer.status_code == 200
    revoked = answer.json()
    assert (revoked["state"], revoked["revoked_by_name"]) == ("REVOKED", "li")
    again = await links.revoke(client, card_id, issued["key_id"], reason="another")
    assert again.json() == revoked
    entry = (await client.get(f"/cards/{card_id}/audit")).json()["items"][0]
    assert (entry["part"], entry["actor_name"]) == ("access_keys", "li")
    assert entry["reason"] == "发错了客户"
    assert [change["field"] for change in entry["changes"]] == ["revoked_at", "revoked_by"]


async def test_states_follow_from_uses_and_times(client: Client, tx: AsyncConnection) -> None:
    card_id = await links.make_card(client)
    used = await links.issue(client, card_id, "view", max_uses=1)
    await links.view(client, used["key"])
    await links.add_expired_key(tx, card_id, "l2ck_expired")
    assert {key["state"] for key in await links.keys_of(client, card_id)} == {"EXPIRED", "USED_UP"}


@pytest.mark.parametrize(
    ("expires_at", "code"),
    [
        ("2020-01-01T00:00:00Z", "ACCESS_KEY_EXPIRY_PAST"),
        ("2999-01-01T00:00:00Z", "ACCESS_KEY_EXPIRY_TOO_LATE"),
    ],
)
async def test_the_purpose_limits_the_lifetime(client: Client, expires_at: str, code: str) -> None:
    card_id = await links.make_card(client)
    body = {"purpose": "testkit.card.view", "expires_at": expires_at}
    answer = await client.post(f"/cards/{card_id}/links", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == code


async def test_the_purpose_limits_the_uses(client: Client) -> None:
    card_id = await links.make_card(client)
    await links.issue(client, card_id, "finish", max_uses=5)
    (shown,) = await links.keys_of(client, card_id)
    assert shown["max_uses"] == 1


@pytest.mark.parametrize(("if_match", "status"), [('"1"', 412), ('"2"', 201)])
async def test_a_key_is_issued_for_the_version_that_the_caller_saw(
    client: Client, if_match: str, status: int
) -> None:
    card_id = await links.make_card(client)
    await client.patch(f"/cards/{card_id}", json={"title": "Two"})
    answer = await client.post(
        f"/cards/{card_id}/links",
        json={"purpose": "testkit.card.view"},
        headers={"If-Match": if_match},
    )
    assert answer.status_code == status


async def test_a_deleted_record_gets_no_key(client: Client) -> None:
    card_id = await links.make_card(client)
    await client.delete(f"/cards/{card_id}")
    answer = await client.post(f"/cards/{card_id}/links", json={"purpose": "testkit.card.view"})
    assert (answer.status_code, answer.json()["code"]) == (404, "CARD_NOT_FOUND")


async def test_the_write_guard_of_the_record_guards_its_keys(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    company = Company(tx)
    await company.person("li")
    await company.person("zhou")
    owner = sign_in(tenant, "li", scope=OWN)
    card = await client.post("/cards", json={"title": "One"}, headers=owner)
    card_id = card.json()["id"]
    issued = await links.issue(client, card_id, "view")
    path = f"/cards/{card_id}/access-keys"
    stranger = sign_in(tenant, "zhou", scope=OWN)
    reader = sign_in(tenant, "li", scope="testkit.card.read")
    revoke = f"{path}/{issued['key_id']}/revoke"
    for headers, status in ((stranger, 404), (reader, 403), (owner, 200)):
        assert (await client.get(path, headers=headers)).status_code == status
        assert (await client.post(revoke, headers=headers)).status_code == status


async def test_a_key_is_revoked_under_its_own_record_only(client: Client) -> None:
    card_id, other_id = await links.make_card(client), await links.make_card(client)
    issued = await links.issue(client, card_id, "view")
    for record_id, key_id in ((other_id, issued["key_id"]), (card_id, str(new_id()))):
        answer = await links.revoke(client, record_id, key_id)
        assert (answer.status_code, answer.json()["code"]) == (404, "ACCESS_KEY_NOT_FOUND")
    assert (await links.view(client, issued["key"])).status_code == 200


async def test_an_unknown_record_has_no_list(client: Client) -> None:
    answer = await client.get(f"/cards/{new_id()}/access-keys")
    assert (answer.status_code, answer.json()["code"]) == (404, "CARD_NOT_FOUND")
