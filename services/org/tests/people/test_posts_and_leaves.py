"""Posts, managers, roles, leaves, and deactivating people."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient

from kernel.ids import new_id
from services.org.tests.factories import add_person, codes, create_department, create_role
from testkit import tokens
from testkit.plugin import PublishedFacts


async def test_a_person_has_posts_roles_and_a_manager(
    client: AsyncClient, published: PublishedFacts
) -> None:
    boss = await add_person(client)
    sales, board = [(await create_department(client, n))["id"] for n in ("S", "B")]
    role = await create_role(client, "SELLER", "mtl.lead.read")
    person = await add_person(
        client,
        "李娜",
        phone="139 1234 5678",
        manager_id=boss["id"],
        role_ids=[role["id"]],
        posts=[
            {"department_id": board, "title": "秘书"},
            {"department_id": sales, "title": "销售", "primary": True},
        ],
    )
    assert person["phone"] == "+8613912345678"
    assert person["posts"] == [
        {"department_id": sales, "department_name": "S", "title": "销售", "primary": True},
        {"department_id": board, "department_name": "B", "title": "秘书", "primary": False},
    ]
    assert (person["manager_name"], person["role_names"]) == (boss["name"], [role["name"]])
    assert (await client.get(f"/people/{person['id']}")).json() == person
    event = (await published())[-1]
    posts = [{k: v for k, v in p.items() if k != "department_name"} for p in person["posts"]]
    assert event.payload["person"]["posts"] == posts
    assert event.payload["person"]["role_ids"] == [role["id"]]
    assert event.payload["person"]["subject"] == person["id"]
    for query in (
        f"department_id={board}",
        f"role_id={role['id']}",
        f"manager_id={boss['id']}",
        f"subject={person['id']}",
        "name=李娜",
    ):
        assert (await client.get(f"/people?{query}")).json()["items"] == [person], query
    assert (await client.get("/people?active=false")).json()["items"] == []


async def test_edits_are_merged(client: AsyncClient, published: PublishedFacts) -> None:
    department_id = (await create_department(client))["id"]
    person = await add_person(
        client, email="a@example.com", posts=[{"department_id": department_id}]
    )
    path = f"/people/{person['id']}"
    assert (await client.patch(path, json={"email": "a@example.com"})).json() == person
    changed = (await client.patch(path, json={"email": None, "subject": "idp|7"})).json()
    assert (changed["email"], changed["subject"], changed["version"]) == (None, "idp|7", 2)
    assert changed["posts"] == person["posts"]
    event = (await published())[-2]  # the last one revokes the tokens of the old subject
    assert (event.type, event.sequence) == ("org.person.changed.v1", 2)
    reactivated = (await client.patch(path, json={"subject": None, "posts": []})).json()
    assert (reactivated["subject"], reactivated["posts"], reactivated["version"]) == (
        person["id"],
        [],
        3,
    )
    stale = await client.patch(path, json={"name": "X"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"phone": "12"}, {("/phone", "PHONE_INVALID")}),
        ({"subject": "a b"}, {("/subject", "PATTERN_MISMATCH")}),
        ({"subject": "x" * 256}, {("/subject", "PATTERN_MISMATCH")}),
        ({"manager_id": str(new_id())}, {("/manager_id", "PERSON_UNKNOWN")}),
        ({"role_ids": [str(new_id())]}, {("/role_ids/0", "ROLE_UNKNOWN")}),
        ({"role_ids": "x"}, {("/role_ids", "TYPE_INVALID")}),
        ({"posts": [{}]}, {("/posts/0/department_id", "REQUIRED")}),
        (
            {"posts": [{"department_id": str(new_id())}]},
            {("/posts/0/department_id", "DEPARTMENT_UNKNOWN")},
        ),
        (
            {"posts": [{"department_id": str(new_id()), "rank": 1}]},
            {("/posts/0/rank", "UNKNOWN_FIELD")},
        ),
        ({"posts": [{"department_id": str(new_id())}] * 21}, {("/posts", "TOO_LONG")}),
        (
            {"manager_id": str(new_id()), "posts": [{"department_id": str(new_id())}]},
            {
                ("/manager_id", "PERSON_UNKNOWN"),
                ("/posts/0/department_id", "DEPARTMENT_UNKNOWN"),
            },
        ),
    ],
)
async def test_invalid_posts_managers_and_roles_are_refused(
    client: AsyncClient, change: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    person = await add_person(client)
    for answer in (
        await client.post("/people", json={"name": "A", **change}),
        await client.patch(f"/people/{person['id']}", json=change),
    ):
        assert answer.status_code == 422, answer.text
        assert codes(answer) == expected


async def test_one_post_per_department_and_one_primary_post(client: AsyncClient) -> None:
    a, b = [(await create_department(client, n))["id"] for n in "AB"]
    twice = await client.post(
        "/people", json={"name": "N", "posts": [{"department_id": a}, {"department_id": a}]}
    )
    assert codes(twice) == {("/posts/1/department_id", "POST_REPEATED")}
    posts = [{"department_id": key, "primary": True} for key in (a, b)]
    both = await client.post("/people", json={"name": "N", "posts": posts})
    assert codes(both) == {("/posts/1/primary", "POST_PRIMARY_REPEATED")}


async def test_reporting_lines_have_no_cycle(client: AsyncClient) -> None:
    top = await add_person(client)
    middle = await add_person(client, manager_id=top["id"])
    bottom = await add_person(client, manager_id=middle["id"])
    for manager in (top, middle, bottom):
        answer = await client.patch(f"/people/{top['id']}", json={"manager_id": manager["id"]})
        assert (answer.status_code, answer.json()["code"]) == (409, "MANAGER_CYCLE")


async def test_subjects_are_unique(client: AsyncClient) -> None:
    first, second = await add_person(client, subject="idp|7"), await add_person(client)
    for answer in (
        await client.post("/people", json={"name": "N", "subject": "idp|7"}),
        await client.patch(f"/people/{second['id']}", json={"subject": first["subject"]}),
        await client.patch(f"/people/{first['id']}", json={"subject": second["subject"]}),
    ):
        assert answer.status_code == 422
        assert codes(answer) == {("/subject", "SUBJECT_TAKEN")}


async def test_callers_give_and_take_only_roles_and_scopes_they_have(
    client: AsyncClient, tenant: UUID
) -> None:
    role = await create_role(client, "PAYER", "rms.payment.write")
    holder = await add_person(client, role_ids=[role["id"]])
    other = await add_person(client)
    limited = tokens.bearer(tenant, scope="org.person.write mtl.*")
    for path, body in (
        (f"/people/{other['id']}", {"role_ids": [role["id"]]}),
        (f"/people/{holder['id']}", {"role_ids": []}),
        (f"/people/{other['id']}", {"scopes": ["rms.payment.write"]}),
    ):
        answer = await client.patch(path, json=body, headers=limited)
        assert (answer.status_code, answer.json()["code"]) == (403, "SCOPES_NOT_HELD")
    renamed = await client.patch(f"/people/{holder['id']}", json={"name": "N"}, headers=limited)
    assert renamed.status_code == 200


async def test_a_person_is_deactivated_and_reactivated(
    client: AsyncClient, published: PublishedFacts
) -> None:
    path = f"/people/{(await add_person(client))['id']}"
    inactive = (await client.post(f"{path}/deactivate")).json()
    assert (inactive["active"], inactive["version"]) == (False, 2)
    assert (await client.post(f"{path}/deactivate", headers={"If-Match": '"1"'})).json() == inactive
    reactivated = (await client.post(f"{path}/reactivate")).json()
    assert (reactivated["active"], reactivated["version"]) == (True, 3)
    assert [(e.type, e.sequence) for e in await published()] == [
        ("org.person.created.v1", 1),
        ("org.person.deactivated.v1", 2),
        ("org.principal.revoked.v1", 1),
        ("org.person.reactivated.v1", 3),
    ]


async def add_leave(
    client: AsyncClient, person: dict[str, Any], *days: str, substitute: Any = None
) -> Any:
    body = {
        "from_date": days[0],
        "to_date": days[1],
        "substitute_id": substitute and substitute["id"],
    }
    return await client.post(f"/people/{person['id']}/leaves", json=body)


async def test_leaves_are_half_open_and_never_overlap(
    client: AsyncClient, published: PublishedFacts
) -> None:
    person, other = await add_person(client), await add_person(client)
    first = await add_leave(client, person, "2026-12-01", "2026-12-08", substitute=other)
    assert first.status_code == 201, first.text
    assert (
        await add_leave(client, person, "2026-12-01", "2026-12-08", substitute=other)
    ).json() == first.json()
    for days in (("2026-11-30", "2026-12-02"), ("2026-12-07", "2026-12-09")):
        answer = await add_leave(client, person, *days)
        assert (answer.status_code, answer.json()["code"]) == (409, "LEAVE_OVERLAPS")
    second = (await add_leave(client, person, "2026-12-08", "2026-12-09")).json()
    assert [(x["from_date"], x["to_date"]) for x in second["leaves"]] == [
        ("2026-12-01", "2026-12-08"),
        ("2026-12-08", "2026-12-09"),
    ]
    event = (await published())[-1]
    assert (event.type, event.sequence) == ("org.person.changed.v1", 3)
    assert event.payload["person"]["leaves"][0]["substitute_id"] == other["id"]
    path = f"/people/{person['id']}/leaves/{second['leaves'][0]['id']}"
    assert (await client.delete(path)).status_code == 204
    inactive = await client.delete(path)
    assert (inactive.status_code, inactive.json()["code"]) == (404, "LEAVE_NOT_FOUND")
    assert len((await client.get(f"/people/{person['id']}")).json()["leaves"]) == 1


async def test_substitutes_must_be_other_active_people_who_are_present(client: AsyncClient) -> None:
    a, b, c = [await add_person(client, name) for name in "ABC"]
    own = await add_leave(client, a, "2026-12-01", "2026-12-08", substitute=a)
    assert (own.status_code, own.json()["code"]) == (409, "SUBSTITUTE_SELF")
    assert (await add_leave(client, a, "2026-12-01", "2026-12-08", substitute=b)).status_code == 201
    cycle = await add_leave(client, b, "2026-12-07", "2026-12-09", substitute=a)
    assert (cycle.status_code, cycle.json()["code"]) == (409, "SUBSTITUTE_AWAY")
    assert (await add_leave(client, b, "2026-12-08", "2026-12-09", substitute=a)).status_code == 201
    await client.post(f"/people/{c['id']}/deactivate")
    inactive = await add_leave(client, a, "2027-01-01", "2027-01-02", substitute=c)
    assert (inactive.status_code, inactive.json()["code"]) == (409, "SUBSTITUTE_INACTIVE")
    unknown = await add_leave(
        client, a, "2027-01-01", "2027-01-02", substitute={"id": str(new_id())}
    )
    assert codes(unknown) == {("/substitute_id", "PERSON_UNKNOWN")}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, {("/from_date", "REQUIRED"), ("/to_date", "REQUIRED")}),
        ({"from_date": "2026-12-01", "to_date": "2026-12-01"}, {("", "PERIOD_EMPTY")}),
        ({"from_date": "2026-12-02", "to_date": "2026-12-01"}, {("", "PERIOD_EMPTY")}),
        ({"from_date": "2026-12-01", "to_date": "2032-12-01"}, {("", "PERIOD_TOO_LONG")}),
        (
            {"from_date": "0001-01-01", "to_date": "2999-01-01"},
            {("/from_date", "DAY_OUT_OF_RANGE"), ("/to_date", "DAY_OUT_OF_RANGE")},
        ),
        (
            {"from_date": "2026-02-30", "to_date": 20261201},
            {("/from_date", "DATE_INVALID"), ("/to_date", "DATE_INVALID")},
        ),
    ],
)
async def test_invalid_leaves_are_refused(
    client: AsyncClient, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    person = await add_person(client)
    answer = await client.post(f"/people/{person['id']}/leaves", json=body)
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected


async def test_people_manage_their_own_leaves(client: AsyncClient, tenant: UUID) -> None:
    me, other = await add_person(client), await add_person(client, "Max")
    own_headers = tokens.bearer(tenant, sub=me["id"], scope="org.leave.write")
    body = {"from_date": "2026-12-01", "to_date": "2026-12-08", "substitute_id": other["id"]}
    added = await client.post("/me/leaves", json=body, headers=own_headers)
    assert added.status_code == 201, added.text
    assert added.json()["id"] == me["id"]
    [leave] = added.json()["leaves"]
    other_headers = tokens.bearer(tenant, sub=other["id"], scope="org.leave.write")
    assert (
        await client.delete(f"/me/leaves/{leave['id']}", headers=other_headers)
    ).status_code == 404
    stale = await client.delete(
        f"/me/leaves/{leave['id']}", headers={**own_headers, "If-Match": '"1"'}
    )
    assert (stale.status_code, stale.json()["code"]) == (412, "STALE_COPY")
    with_etag = {**own_headers, "If-Match": added.headers["ETag"]}
    assert (await client.delete(f"/me/leaves/{leave['id']}", headers=with_etag)).status_code == 204
    stranger = tokens.bearer(tenant, sub="x", scope="org.leave.write")
    unknown = await client.post("/me/leaves", json=body, headers=stranger)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "PERSON_NOT_FOUND")
    no_scope = tokens.bearer(tenant, sub=me["id"], scope="org.person.read")
    assert (await client.post("/me/leaves", json=body, headers=no_scope)).status_code == 403
