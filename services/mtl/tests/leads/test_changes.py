"""Edit, delete and restore over HTTP: results, events and refusals."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.patches import merge_patch
from mtl.leads.store.keys import lead_keys
from services.mtl.tests.factories import CONTACT, create, create_qualified, problem, violations
from testkit.plugin import PublishedFacts

REASON = {"reason": "WRONG_CONTACT", "note": "空号"}
PATCH = {"company": "远景能源"}


async def held_keys(tx: AsyncConnection) -> set[tuple[str, str]]:
    """The kind and the lead of every stored key."""
    rows = await tx.execute(select(lead_keys.c.kind, lead_keys.c.lead_id))
    return {(row.kind, str(row.lead_id)) for row in rows}


async def test_a_patch_changes_only_the_named_fields(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead = await create(client, **CONTACT, attributes={"兴趣": "CRM", "城市": "杭州"})
    patch = {
        "name": None,
        "phone": "139-0013-9000",
        "attributes": {"城市": None, "行业": "能源"},
    }
    answer = await client.patch(f"/leads/{lead['id']}", json=patch)
    changed = answer.json()
    expected = {
        **lead,
        "name": None,
        "phone": "+8613900139000",
        "attributes": {"兴趣": "CRM", "行业": "能源"},
        "version": 2,
        "updated_at": changed["updated_at"],
    }
    assert (answer.status_code, changed) == (200, expected)
    assert answer.headers["etag"] == '"2"'
    event = (await published())[-1]
    assert (event.type, event.sequence) == ("mtl.lead.changed.v1", 2)
    assert event.payload["lead"]["phone"] == "+8613900139000"
    assert event.payload["lead"]["attributes"] == {"兴趣": "CRM", "行业": "能源"}


async def test_a_patch_that_changes_nothing_saves_nothing(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead = await create(client, **CONTACT)
    same = {"phone": "0086 138-0013-8000", "email": "W@EXAMPLE.COM", "attributes": {"x": None}}
    for patch in ({}, same):
        answer = await client.patch(f"/leads/{lead['id']}", json=patch)
        assert (answer.status_code, answer.json()) == (200, lead)
    assert len(await published()) == 1


@pytest.mark.parametrize(
    ("patch", "expected"),
    [
        (dict.fromkeys(("name", "company", "phone", "email")), {("", "LEAD_EMPTY")}),
        ({"phone": "12", "email": "x"}, {("/phone", "PHONE_INVALID"), ("/email", "EMAIL_INVALID")}),
        ({"status": "SQL"}, {("/status", "UNKNOWN_FIELD")}),
        ({"owner_id": "me"}, {("/owner_id", "UNKNOWN_FIELD")}),
        ({"company": ""}, {("/company", "TOO_SHORT")}),
        ({"company": 7}, {("/company", "TYPE_INVALID")}),
        ({"attributes": {"a": 1}}, {("/attributes/a", "TYPE_INVALID")}),
        ({"attributes": "a"}, {("/attributes", "TYPE_INVALID")}),
        ({"custom_fields": {"colour": "red"}}, {("/custom_fields/colour", "UNKNOWN_FIELD")}),
        ({"version": 7, "id": "x"}, {("/version", "UNKNOWN_FIELD"), ("/id", "UNKNOWN_FIELD")}),
    ],
)
async def test_invalid_patches_are_refused(
    client: AsyncClient,
    published: PublishedFacts,
    patch: dict[str, Any],
    expected: set[tuple[str, str]],
) -> None:
    lead = await create(client, **CONTACT)
    answer = await client.patch(f"/leads/{lead['id']}", json=patch)
    assert (answer.status_code, violations(answer)) == (422, expected)
    assert (await client.get(f"/leads/{lead['id']}")).json() == lead
    assert len(await published()) == 1


async def test_an_edit_reserves_new_keys_and_releases_old_ones(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    first, second = await create(client, **CONTACT), await create(client, phone="13900139000")
    path = f"/leads/{second['id']}"
    refused = await client.patch(path, json={"phone": "138 0013 8000"})
    assert problem(refused) == (409, "LEAD_DUPLICATE")
    assert refused.json()["params"] == {"lead_id": first["id"], "matched": "phone"}
    await client.patch(f"/leads/{first['id']}", json={"phone": None})
    accepted = await client.patch(path, json={"phone": "138 0013 8000"})
    assert accepted.json()["phone"] == "+8613800138000"
    assert await held_keys(tx) == {("email", first["id"]), ("phone", second["id"])}
    await create(client, phone="13900139000")


async def test_an_edit_of_a_disqualified_lead_does_not_reserve_its_phone_again(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    lead = await create(client, **CONTACT)
    await client.post(f"/leads/{lead['id']}/disqualify", json=REASON)
    other = await create(client, **CONTACT)
    edited = await client.patch(f"/leads/{lead['id']}", json={"name": "王小芳", "external_id": "7"})
    assert edited.json()["name"] == "王小芳"
    assert ("external_id", lead["id"]) in await held_keys(tx)
    assert {("phone", other["id"]), ("email", other["id"])} < await held_keys(tx)


async def test_a_converted_lead_cannot_be_edited_or_deleted(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead_id = await create_qualified(client)
    await client.post(f"/leads/{lead_id}/convert")
    for method, body in (("PATCH", PATCH), ("DELETE", None)):
        refused = await client.request(method, f"/leads/{lead_id}", json=body)
        assert problem(refused) == (409, "LEAD_CONVERTED")
    assert len(await published()) == 3


async def test_a_deleted_lead_has_no_moves_and_is_restored_in_its_status(
    client: AsyncClient,
) -> None:
    lead = await create(client, **CONTACT, external_id="EXPO-1")
    path = f"/leads/{lead['id']}"
    assert (await client.delete(path)).status_code == 204
    requests: list[tuple[str, str, Any]] = [
        ("POST", "/qualify", None),
        ("POST", "/disqualify", REASON),
        ("POST", "/convert", None),
    ]
    for method, verb, body in requests:
        answer = await client.request(method, f"{path}{verb}", json=body)
        assert problem(answer) == (404, "LEAD_NOT_FOUND"), verb
    assert (await client.get(f"{path}/history")).status_code == 200, "history stays readable"
    restored = (await client.post(f"{path}/restore")).json()
    assert (restored["version"], restored["deleted_at"], restored["status"]) == (3, None, "RAW")


@pytest.mark.parametrize(
    ("again", "matched"),
    [
        ({"phone": "13800138000"}, "phone"),
        ({"email": "w@example.com"}, "email"),
        ({"external_id": "EXPO-1"}, "external_id"),
    ],
)
async def test_a_restore_is_refused_while_another_lead_holds_a_key(
    client: AsyncClient, tx: AsyncConnection, again: dict[str, str], matched: str
) -> None:
    lead = await create(client, **CONTACT, external_id="EXPO-1")
    await client.delete(f"/leads/{lead['id']}")
    assert await held_keys(tx) == set()
    other = await create(client, **again)
    refused = await client.post(f"/leads/{lead['id']}/restore")
    assert problem(refused) == (409, "LEAD_DUPLICATE")
    assert refused.json()["params"] == {"lead_id": other["id"], "matched": matched}
    assert await held_keys(tx) == {(matched, other["id"])}
    await client.delete(f"/leads/{other['id']}")
    assert (await client.post(f"/leads/{lead['id']}/restore")).status_code == 200
    kinds = ("phone", "email", "external_id")
    assert await held_keys(tx) == {(kind, lead["id"]) for kind in kinds}


async def test_a_disqualified_lead_is_restored_with_only_its_external_id(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    lead = await create(client, **CONTACT, external_id="EXPO-1")
    path = f"/leads/{lead['id']}"
    await client.post(f"{path}/disqualify", json=REASON)
    await client.delete(path)
    assert await held_keys(tx) == set()
    restored = (await client.post(f"{path}/restore")).json()
    assert restored["status"] == "INVALID"
    assert await held_keys(tx) == {("external_id", lead["id"])}


MOVES: list[tuple[str, str, Any]] = [
    ("POST", "/qualify", None),
    ("POST", "/disqualify", REASON),
]


@pytest.mark.parametrize(("method", "verb", "body"), MOVES)
async def test_a_stale_if_match_changes_nothing(
    client: AsyncClient, published: PublishedFacts, method: str, verb: str, body: Any
) -> None:
    lead = await create(client, **CONTACT)
    path = f"/leads/{lead['id']}{verb}"
    stale = await client.request(method, path, json=body, headers={"If-Match": '"7"'})
    assert problem(stale) == (412, "STALE_COPY")
    del client.headers["If-Match"]
    missing = await client.request(method, path, json=body)
    assert problem(missing) == (428, "PRECONDITION_REQUIRED")
    assert len(await published()) == 1
    fresh = await client.request(method, path, json=body, headers={"If-Match": '"1"'})
    assert fresh.is_success
    again = await client.request(method, path, json=body, headers={"If-Match": '"1"'})
    assert again.is_success, "a repeated move answers its result before If-Match is checked"
    assert len(await published()) == 2


async def test_convert_checks_if_match(client: AsyncClient) -> None:
    path = f"/leads/{await create_qualified(client)}/convert"
    stale = await client.post(path, headers={"If-Match": '"1"'})
    assert problem(stale) == (412, "STALE_COPY")
    fresh = await client.post(path, headers={"If-Match": '"2"'})
    assert fresh.is_success
    again = await client.post(path, headers={"If-Match": '"2"'})
    assert again.is_success


async def test_moves_of_unknown_ids_answer_404_and_of_malformed_ids_422(
    client: AsyncClient,
) -> None:
    for method, verb, body in MOVES:
        unknown = await client.request(method, f"/leads/{uuid4()}{verb}", json=body)
        assert problem(unknown) == (404, "LEAD_NOT_FOUND")
        malformed = await client.request(method, f"/leads/x{verb}", json=body)
        assert malformed.status_code == 422


WORDS = st.one_of(st.none(), st.sampled_from(["展会", "官网", "CRM"]))
PATCHES = st.fixed_dictionaries(
    {},
    optional={
        "source": WORDS,
        "company": st.sampled_from(["远景", "能源"]),
        "attributes": st.dictionaries(st.sampled_from("abc"), WORDS, max_size=3),
    },
)


@given(patches=st.lists(PATCHES, max_size=5))
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_a_sequence_of_patches_equals_merging_them(
    client: AsyncClient, patches: list[dict[str, Any]]
) -> None:
    lead = await create(client, company="远景")
    expected = {name: lead[name] for name in ("source", "company", "attributes")}
    for patch in patches:
        expected = {"source": None, **merge_patch(expected, patch)}
        version = lead["version"]
        before = {name: lead[name] for name in expected}
        lead = (await client.patch(f"/leads/{lead['id']}", json=patch)).json()
        assert {name: lead[name] for name in expected} == expected
        assert lead["version"] == version + (expected != before)
    assert UUID(lead["id"])
