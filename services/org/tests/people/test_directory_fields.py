"""Colleagues see the directory; user names, roles and scopes are for who administers people."""

from typing import Any
from uuid import UUID

import orjson
import pytest
from httpx import AsyncClient

from chassis.files.exports.actions import EXPORT_JOB
from chassis.files.exports.jobs import export_jobs
from services.org.tests.factories import NOW, create_person, create_role, created
from testkit import tokens
from testkit.jobs import make_job
from testkit.plugin import Committed

HIDDEN = ("username", "role_ids", "role_names", "scopes")
SELLER = "org.person.read org.export.read org.export.write"


async def li(client: AsyncClient) -> dict[str, Any]:
    role = await create_role(client, "GUEST", "mtl.lead.read")
    return await create_person(client, role_ids=[role["id"]], phone="13800138000")


async def test_colleagues_see_the_directory_fields(client: AsyncClient, tenant: UUID) -> None:
    person = await li(client)
    name = {"system": "sap", "external_id": "7"}
    created(await client.post(f"/people/{person['id']}/external-ids", json=name))
    headers = tokens.bearer(tenant, scope=SELLER)
    body = {"filter_groups": [{"name": "李娜"}]}
    answers = [
        (await client.get(f"/people/{person['id']}", headers=headers)).json(),
        (await client.get("/people?name=李娜", headers=headers)).json()["items"][0],
        (await client.post("/people/search", json=body, headers=headers)).json()["items"][0],
        (await client.get("/people/by-external-id/sap/7", headers=headers)).json(),
    ]
    assert answers == [{**person, **dict.fromkeys(HIDDEN)}] * 4
    selected = await client.get("/people?name=李娜&fields=name,scopes", headers=headers)
    assert selected.json()["items"] == [{"id": person["id"], "name": "李娜", "scopes": None}]
    assert (await client.get(f"/people/{person['id']}")).json() == person
    assert (await client.get("/people?q=li.na")).json()["items"] == []


async def test_only_administrators_expand_the_roles_of_a_person(
    client: AsyncClient, tenant: UUID
) -> None:
    person = await li(client)
    one, some = f"/people/{person['id']}?expand=roles", f"/people?id__in={person['id']}"
    [role] = (await client.get(one)).json()["roles"]
    assert (role["id"], role["code"]) == (person["role_ids"][0], "GUEST")
    assert (await client.get(f"{some}&expand=roles")).json()["items"][0]["roles"] == [role]
    headers = tokens.bearer(tenant, scope=f"{SELLER} org.role.read")
    assert "roles" not in (await client.get(one, headers=headers)).json()
    [listed] = (await client.get(f"{some}&expand=roles", headers=headers)).json()["items"]
    assert "roles" not in listed


@pytest.mark.parametrize(
    "query", ["username=li.na", "username__startswith=l", "role_id=", "count_by=username"]
)
async def test_colleagues_cannot_select_by_what_they_do_not_see(
    client: AsyncClient, tenant: UUID, query: str
) -> None:
    person = await li(client)
    query = query if query[-1] != "=" else query + person["role_ids"][0]
    headers = tokens.bearer(tenant, scope=SELLER)
    answer = await client.get(f"/people?{query}", headers=headers)
    if query.startswith("count_by"):
        assert answer.status_code == 422  # personal data is never counted
        return
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")
    name, _, value = query.partition("=")
    body = {"filter_groups": [{"any_of": [{name: value}]}]}
    searched = await client.post("/people/search", json=body, headers=headers)
    assert (searched.status_code, searched.json()["code"]) == (403, "SCOPE_MISSING")
    view = {"resource": "org.person", "name": "x", "query": query}
    saved = await client.post("/saved-views", json=view, headers=headers)
    by_view = await client.get(f"/people?view={saved.json().get('id')}", headers=headers)
    assert by_view.status_code == 403
    export = {"resource": "org.person", "format": "CSV", "query": query}
    assert (await client.post("/exports", json=export, headers=headers)).status_code == 403
    found = (await client.get(f"/people?{query}")).json()["items"]
    assert [one["id"] for one in found] == [person["id"]]


async def test_the_history_of_a_person_is_for_administrators(
    client: AsyncClient, tenant: UUID
) -> None:
    person = await li(client)
    path = f"/people/{person['id']}/audit"
    assert (await client.get(path)).status_code == 200
    answer = await client.get(path, headers=tokens.bearer(tenant, scope=SELLER))
    assert (answer.status_code, answer.json()["code"]) == (403, "SCOPE_MISSING")


async def test_json_lines_hide_the_fields(committed_client: AsyncClient, tenant: UUID) -> None:
    await li(committed_client)
    headers = {**tokens.bearer(tenant, scope=SELLER), "Accept": "application/jsonl"}
    lines = (await committed_client.get("/people?name=李娜", headers=headers)).text.splitlines()
    assert [[orjson.loads(line)[name] for name in HIDDEN] for line in lines] == [
        [None] * len(HIDDEN)
    ]


async def test_exports_hide_the_fields(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    await li(client)
    body = {"resource": "org.person", "format": "JSONL", "query": "name=李娜"}
    for headers, hidden in ((tokens.bearer(tenant, scope=SELLER), True), ({}, False)):
        export = created(await client.post("/exports", json=body, headers=headers))
        async with committed.worker.begin(tenant) as tx:
            job = make_job(tenant, EXPORT_JOB, export["id"], now=NOW)
            await export_jobs("org")[EXPORT_JOB](tx, job)
        file = await client.get(f"/exports/{export['id']}/file", headers=headers)
        row = orjson.loads(file.text.splitlines()[0])
        assert ([row[name] for name in HIDDEN] == [None] * len(HIDDEN)) is hidden


FEED = "org.event.read org.department.read org.person.read"
CREATED = "org.person.created.v1"


@pytest.mark.parametrize("kind", ["person", "client"])
async def test_events_with_roles_are_read_by_those_who_administer_people(
    committed_client: AsyncClient, tenant: UUID, kind: str
) -> None:
    """The events carry all fields, so those who may not see every field read none of them."""
    await li(committed_client)
    reader = tokens.bearer(tenant, kind=kind, scope=FEED)
    administrator = tokens.bearer(tenant, kind=kind, scope=f"{FEED} org.person.write")
    refused = await committed_client.get(f"/events?types={CREATED}", headers=reader)
    assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")
    assert refused.json()["params"]["scopes"] == ["org.person.write"]
    page = await committed_client.get(f"/events?types={CREATED}", headers=administrator)
    assert [len(event["data"]["person"]["role_ids"]) for event in page.json()["items"]] == [1]
    seen: list[set[str]] = []
    for headers in (reader, administrator):
        page = await committed_client.get("/events", headers=headers)
        seen.append({event["type"] for event in page.json()["items"]})
    assert not [name for name in seen[0] if name.startswith("org.person.")]
    assert seen[1] == seen[0] | {CREATED}
