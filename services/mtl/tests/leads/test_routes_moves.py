"""Status moves over HTTP: allowed, forbidden and repeated ones, and the history."""

from uuid import uuid4

import pytest
from httpx import AsyncClient

from services.mtl.tests.factories import (
    CONTACT,
    create,
    create_qualified,
    problem,
    status_of,
    violations,
)
from testkit.plugin import PublishedFacts

ME = "01990000-0000-7000-8000-000000000001"


async def test_a_disqualified_lead_releases_its_phone_and_email(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead_id = (await create(client, **CONTACT))["id"]
    body = {"reason": "WRONG_CONTACT", "note": " 空号 "}
    lead = (await client.post(f"/leads/{lead_id}/disqualify", json=body)).json()
    assert (lead["status"], lead["version"]) == ("INVALID", 2)
    assert (lead["status_reason"], lead["status_note"]) == ("WRONG_CONTACT", "空号")
    same = {"reason": "WRONG_CONTACT", "note": "空号"}
    again = await client.post(f"/leads/{lead_id}/disqualify", json=same)
    assert (again.status_code, again.json()) == (200, lead)
    other = await client.post(f"/leads/{lead_id}/disqualify", json={"reason": "SPAM"})
    assert (other.status_code, other.json()["code"]) == (409, "MOVE_MADE_OTHERWISE")
    await create(client, **CONTACT)
    events = [(event.type, event.sequence) for event in await published()]
    assert events == [
        ("mtl.lead.captured.v1", 1),
        ("mtl.lead.disqualified.v1", 2),
        ("mtl.lead.captured.v1", 1),
    ]


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        ({}, ("/reason", "REQUIRED")),
        ({"reason": "空号"}, ("/reason", "VALUE_UNKNOWN")),
        ({"reason": "OTHER"}, ("", "NOTE_MISSING")),
        ({"reason": "SPAM", "note": " "}, ("/note", "TOO_SHORT")),
        ({"reason": "SPAM", "note": "x" * 501}, ("/note", "TOO_LONG")),
        ({"reason": "SPAM", "by": "me"}, ("/by", "UNKNOWN_FIELD")),
    ],
)
async def test_disqualifying_requires_a_reason(
    client: AsyncClient, body: dict[str, str], violation: tuple[str, str]
) -> None:
    lead_id = (await create(client))["id"]
    answer = await client.post(f"/leads/{lead_id}/disqualify", json=body)
    assert (answer.status_code, violations(answer)) == (422, {violation})
    assert await status_of(client, lead_id) == "RAW"


async def test_a_repeated_qualification_changes_nothing(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead_id = (await create(client))["id"]
    first = await client.post(f"/leads/{lead_id}/qualify")
    again = await client.post(f"/leads/{lead_id}/qualify")
    assert (first.status_code, first.json()["status"]) == (200, "SQL")
    assert again.json() == first.json()
    assert [event.sequence for event in await published()] == [1, 2]


async def test_disqualifying_for_another_reason_is_refused(
    client: AsyncClient, published: PublishedFacts
) -> None:
    path = f"/leads/{(await create(client))['id']}/disqualify"
    first = await client.post(path, json={"reason": "SPAM"})
    assert (await client.post(path, json={"reason": "SPAM"})).json() == first.json()
    other = await client.post(path, json={"reason": "COMPETITOR"})
    assert problem(other) == (409, "MOVE_MADE_OTHERWISE")
    assert len(await published()) == 2


async def test_forbidden_moves_are_refused_with_the_reason(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead_id = (await create(client))["id"]
    answer = await client.post(f"/leads/{lead_id}/convert", json={})
    assert problem(answer) == (409, "LEAD_NOT_QUALIFIED")
    assert answer.json()["params"] == {"status": "RAW"}
    await client.post(f"/leads/{lead_id}/disqualify", json={"reason": "SPAM"})
    for move, code in [("qualify", "LEAD_NOT_NEW"), ("convert", "LEAD_NOT_QUALIFIED")]:
        assert problem(await client.post(f"/leads/{lead_id}/{move}")) == (409, code)
    assert len(await published()) == 2


async def test_converting_answers_the_ids_of_the_future_records(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead_id = await create_qualified(client, company="远景科技", name="王芳")
    answer = await client.post(f"/leads/{lead_id}/convert", json={"opportunity_name": "CRM"})
    operation = answer.json()
    assert (answer.status_code, operation["status"]) == (202, "RUNNING")
    assert operation["kind"] == "lead.convert"
    assert answer.headers["location"] == f"/mtl/v1/operations/{operation['id']}"
    lead = (await client.get(f"/leads/{lead_id}")).json()
    assert (lead["status"], lead["conversion_id"]) == ("CONVERTED", operation["id"])
    names = ("account_id", "contact_id", "opportunity_id")
    ids = {name: lead[name] for name in names}
    assert operation["result"] == ids
    event = (await published())[-1]
    assert (event.type, event.sequence) == ("mtl.lead.converted.v1", 3)
    assert event.payload["conversion_id"] == operation["id"]
    assert event.payload["opportunity_name"] == "CRM"
    assert event.payload["existing_account"] is False
    assert event.payload["converted_by"] == ME


async def test_converting_again_answers_the_first_operation(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead_id = await create_qualified(client)
    account = str(uuid4())
    first = (await client.post(f"/leads/{lead_id}/convert", json={"account_id": account})).json()
    other = {"account_id": str(uuid4()), "opportunity_name": "another"}
    same = {"opportunity_name": None, "account_id": account}
    assert (await client.post(f"/leads/{lead_id}/convert", json=same)).json() == first
    for body in (other, {**same, "opportunity_name": "another"}, {}):
        refused = await client.post(f"/leads/{lead_id}/convert", json=body)
        assert problem(refused) == (409, "MOVE_MADE_OTHERWISE")
    assert first["result"]["account_id"] == account
    events = await published()
    assert [event.sequence for event in events] == [1, 2, 3]
    assert events[-1].payload["existing_account"] is True


@pytest.mark.parametrize(
    ("body", "violation"),
    [
        ({"account_id": "x"}, ("/account_id", "ID_INVALID")),
        ({"opportunity_name": ""}, ("/opportunity_name", "TOO_SHORT")),
        ({"stage": "WON"}, ("/stage", "UNKNOWN_FIELD")),
    ],
)
async def test_invalid_conversion_bodies_are_refused(
    client: AsyncClient, body: dict[str, str], violation: tuple[str, str]
) -> None:
    lead_id = await create_qualified(client)
    answer = await client.post(f"/leads/{lead_id}/convert", json=body)
    assert (answer.status_code, violations(answer)) == (422, {violation})
    assert await status_of(client, lead_id) == "SQL"


async def test_the_history_names_actor_and_reason(client: AsyncClient) -> None:
    lead_id = await create_qualified(client)
    body = {"reason": "WRONG_CONTACT", "note": "空号"}
    await client.post(f"/leads/{lead_id}/disqualify", json=body)
    moves = (await client.get(f"/leads/{lead_id}/history")).json()["items"]
    assert [m["reason_text"] for m in moves] == ["Wrong contact details: 空号", None]
    history = [(m["from_status"], m["to_status"], m["reason"], m["actor"]) for m in moves]
    assert history == [("SQL", "INVALID", "WRONG_CONTACT", ME), ("RAW", "SQL", None, ME)]


async def test_converting_into_an_account_that_is_being_created_is_refused(
    client: AsyncClient,
) -> None:
    first, second = [await create_qualified(client) for _ in range(2)]
    operation = (await client.post(f"/leads/{first}/convert", json={})).json()
    into = {"account_id": operation["result"]["account_id"]}
    refused = await client.post(f"/leads/{second}/convert", json=into)
    assert (refused.status_code, refused.json()["code"]) == (409, "ACCOUNT_BEING_MADE")


async def test_converting_into_an_account_that_another_conversion_uses_is_allowed(
    client: AsyncClient,
) -> None:
    first, second = [await create_qualified(client) for _ in range(2)]
    into = {"account_id": str(uuid4())}
    for lead_id in (first, second):
        assert (await client.post(f"/leads/{lead_id}/convert", json=into)).status_code == 202


@pytest.mark.parametrize("content", [b'{"foo": 1}', b"{{{", b"[]"])
async def test_qualifying_accepts_only_an_empty_body(client: AsyncClient, content: bytes) -> None:
    lead_id = (await create(client))["id"]
    headers = {"Content-Type": "application/json"}
    path = f"/leads/{lead_id}/qualify"
    answer = await client.post(path, content=content, headers=headers)
    assert answer.status_code in (400, 422), answer.text
    assert await status_of(client, lead_id) == "RAW"
    assert (await client.post(path, json={})).status_code == 200


async def test_a_disqualified_lead_keeps_its_external_id(client: AsyncClient) -> None:
    lead_id = (await create(client, **CONTACT, external_id="EXPO-1"))["id"]
    await client.post(f"/leads/{lead_id}/disqualify", json={"reason": "SPAM"})
    again = await client.post("/leads", json={"name": "王芳", "external_id": "EXPO-1"})
    assert problem(again) == (409, "LEAD_DUPLICATE")
    assert again.json()["params"]["lead_id"] == lead_id
