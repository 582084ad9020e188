"""Every record is created, read, listed and refused in the same way."""

from uuid import UUID

import pytest
from fastapi import FastAPI

from kernel.ids import new_id
from testkit import tokens
from testkit.directory import subject
from tests.resources.found_resources import served_routes
from tests.resources.records import ANY, Records, code_of, differences, errors_of

# The routes of one record that every resource with them answers alike, and a valid body.
OF_ONE = {
    "GET /{}": None,
    "DELETE /{}": None,
    "POST /{}/restore": {},
    "GET /{}/audit": None,
    "GET /{}/access": None,
    "GET /{}/owners": None,
    "GET /{}/external-ids": None,
    "POST /{}/external-ids": {"system": "erp", "external_id": "7"},
}

# In org, those who call are people of the tenant.
CALLERS = {tokens.CALLER, subject("li")}


@pytest.mark.records("POST")
async def test_a_created_record_is_read_as_it_was_answered_and_published_once(
    records: Records,
) -> None:
    answer = await records.post(await records.body())
    assert answer.status_code == 201, answer.text
    created = answer.json()
    base = f"/{records.resource.service}/v1{records.resource.collection}"
    assert answer.headers["Location"] == f"{base}/{created['id']}"
    assert (answer.headers["ETag"], created["version"]) == ('"1"', 1)
    read = await records.call("GET /{}", created["id"])
    assert (read.status_code, read.headers["ETag"]) == (200, '"1"')
    assert differences(created, read.json()) == set()
    assert created.keys() - read.json().keys() == records.sample.shown_once
    assert await records.versions(created) == records.expected_versions(1)


@pytest.mark.records("GET")
async def test_a_list_shows_a_record_as_it_is_read(records: Records) -> None:
    record = await records.create()
    shown = {item["id"]: item for item in await records.listed()}
    assert differences(shown[record["id"]], record) == set()


@pytest.mark.records
async def test_another_tenant_neither_sees_nor_changes_a_record(records: Records) -> None:
    record = await records.create()
    published = await records.versions(record)
    other = tokens.bearer(new_id())
    for route, body in {**OF_ONE, "PATCH /{}": records.sample.patch}.items():
        if records.has(route):
            answer = await records.call(route, record["id"], json=body, if_match=ANY, headers=other)
            assert code_of(answer) == (404, records.not_found), route
    nothing = await records.call("GET", headers=other)
    assert nothing.status_code == 200
    assert {one["id"] for one in nothing.json()["items"]} <= CALLERS
    assert await records.read(record["id"]) == record
    assert await records.versions(record) == published


@pytest.mark.records
async def test_unknown_ids_answer_404_and_malformed_ids_422(records: Records) -> None:
    for route, body in {**OF_ONE, "PATCH /{}": records.sample.patch}.items():
        if records.has(route):
            unknown = await records.call(route, new_id(), json=body, if_match=ANY)
            assert code_of(unknown) == (404, records.not_found), route
            malformed = await records.call(route, "x", json=body, if_match=ANY)
            assert {code for _, code in errors_of(malformed)} == {"ID_INVALID"}, route


@pytest.mark.records
async def test_every_route_needs_a_token_with_its_scope(
    app: FastAPI, records: Records, tenant: UUID
) -> None:
    ids, own = [new_id()] * 3, {f"{records.resource.name}.{verb}" for verb in ("read", "write")}
    del records.client.headers["Authorization"]
    for route in sorted(served_routes(app, with_entrances=False)[records.resource.collection]):
        others = own - records.resource.routes[route]
        without_scope = tokens.bearer(tenant, scope=" ".join(sorted(others)))
        anonymous = await records.call(route, *ids, json={})
        assert anonymous.status_code == 401, route
        refused = await records.call(route, *ids, json={}, headers=without_scope)
        assert code_of(refused) == (403, "SCOPE_MISSING"), route
    reader = tokens.bearer(tenant, scope=f"{records.resource.name}.read")
    assert (await records.call("GET", headers=reader)).status_code == 200


@pytest.mark.records
async def test_an_unknown_field_of_a_body_is_refused(records: Records) -> None:
    record = await records.create()
    answers = [await records.patch(record, {"no_such_field": 1})]
    if records.has("POST"):
        body = await records.body() | {"no_such_field": 1}
        answers.append(await records.post(body))
        if records.has("PUT /by-external-id/{}/{}"):
            answers.append(await records.put("1", body))
    for answer in answers:
        assert errors_of(answer) == {("/no_such_field", "UNKNOWN_FIELD")}
    assert await records.read(record["id"]) == record


@pytest.mark.records("POST")
async def test_a_post_is_repeated_safely_with_its_idempotency_key(records: Records) -> None:
    body, before = await records.body(), await records.ids()
    first = await records.post(body, key="k1")
    again = await records.post(body, key="k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert differences(first.json(), again.json()) <= records.sample.shown_once
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert set(await records.ids()) == {first.json()["id"], *before}
    assert await records.versions(first.json()) == records.expected_versions(1)
    reused = await records.post(await records.body() | records.sample.patch, key="k1")
    assert errors_of(reused) == {("Idempotency-Key:", "IDEMPOTENCY_KEY_REUSED")}


@pytest.mark.records
async def test_a_patch_is_repeated_safely_with_its_idempotency_key(records: Records) -> None:
    record = await records.create()
    headers = {"Idempotency-Key": "k1", "If-Match": f'"{record["version"]}"'}
    patch = records.sample.patch
    first, again = [
        await records.call("PATCH /{}", record["id"], json=patch, headers=headers) for _ in "12"
    ]
    assert (first.status_code, again.status_code) == (200, 200), again.text
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"
