"""What a lead becomes: all of account, contact and opportunity, some, or existing ones."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.l2o.events import RejectedFieldState
from services.mtl.tests.conversions.answers import complete, reject, start, state
from services.mtl.tests.conversions.neighbours import add_account, add_contact
from services.mtl.tests.factories import create_qualified, note, problem, status_of, violations
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts

ALL = ["ACCOUNT", "CONTACT", "OPPORTUNITY"]


@pytest.mark.parametrize(
    ("records", "becomes"),
    [
        (["ACCOUNT"], {"account_id"}),
        (["ACCOUNT", "CONTACT"], {"account_id", "contact_id"}),
        (["OPPORTUNITY", "ACCOUNT"], {"account_id", "opportunity_id"}),
        (ALL, {"account_id", "contact_id", "opportunity_id"}),
    ],
)
async def test_the_operation_names_the_records_that_the_lead_becomes(
    client: AsyncClient,
    tx: AsyncConnection,
    published: PublishedFacts,
    records: list[str],
    becomes: set[str],
) -> None:
    operation = await start(client, records=records)
    assert set(operation["result"]) == becomes
    event = (await published())[-1]
    assert sorted(event.payload["records"]) == sorted(records)
    lead = (await client.get(f"/leads/{operation['lead_id']}")).json()
    named = {name for name in ("account_id", "contact_id", "opportunity_id") if lead[name]}
    assert named == becomes
    await complete(tx, operation)
    assert await state(client, operation) == ("CONVERTED", "SUCCEEDED")


async def test_an_existing_account_and_contact_are_used(
    client: AsyncClient, published: PublishedFacts
) -> None:
    named = {"account_id": str(uuid4()), "contact_id": str(uuid4())}
    operation = await start(client, records=["OPPORTUNITY"], **named)
    assert operation["result"].items() >= named.items()
    payload = (await published())[-1].payload
    assert (payload["existing_account"], payload["existing_contact"]) == (True, True)
    assert payload["records"] == ALL
    assert payload["contact_id"] == named["contact_id"]


async def test_the_account_of_a_contact_need_not_be_named(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    account_id = await add_account(tx, "远景科技")
    contact_id = await add_contact(tx, account_id, "王芳")
    operation = await start(client, contact_id=str(contact_id))
    assert operation["result"]["account_id"] == str(account_id)
    assert (await published())[-1].payload["existing_account"] is True
    lead_id = await create_qualified(client)
    refused = await client.post(f"/leads/{lead_id}/convert", json={"contact_id": str(uuid4())})
    assert (refused.status_code, violations(refused)) == (422, {("/contact_id", "CONTACT_UNKNOWN")})
    assert await status_of(client, lead_id) == "SQL"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"records": []}, {("/records", "TOO_SHORT")}),
        ({"records": ["LEAD"]}, {("/records/0", "VALUE_UNKNOWN")}),
        ({"contact_id": "x"}, {("/contact_id", "ID_INVALID")}),
        ({"records": ["CONTACT"]}, {("/account_id", "ACCOUNT_MISSING")}),
        (
            {"records": ["CONTACT"], "opportunity_name": "CRM"},
            {
                ("/account_id", "ACCOUNT_MISSING"),
                ("/opportunity_name", "OPPORTUNITY_NOT_WANTED"),
            },
        ),
    ],
)
async def test_impossible_conversions_are_refused_with_every_reason(
    client: AsyncClient, body: dict[str, Any], expected: set[tuple[str, str]]
) -> None:
    lead_id = await create_qualified(client)
    for path in ("convert", "convert/preview"):
        answer = await client.post(f"/leads/{lead_id}/{path}", json=body)
        assert (answer.status_code, violations(answer)) == (422, expected)
    assert await status_of(client, lead_id) == "SQL"


async def test_the_account_of_a_hidden_contact_must_be_named(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    """Otherwise the answer would tell whose customer the contact is."""
    await Company(tx).build()
    li = sign_in(tenant, "li", scope="mtl.lead.read mtl.lead.write")
    account_id = await add_account(tx, "别人的客户", owner_id=subject("zheng"))
    contact_id = str(await add_contact(tx, account_id, "王芳"))
    lead = await client.post("/leads", json={"company": "远景科技"}, headers=li)
    path = f"/leads/{lead.json()['id']}"
    await client.post(f"{path}/qualify", headers=li)
    refused = await client.post(f"{path}/convert", json={"contact_id": contact_id}, headers=li)
    assert (refused.status_code, violations(refused)) == (422, {("/contact_id", "CONTACT_UNKNOWN")})
    body = {"contact_id": contact_id, "account_id": str(account_id)}
    named = await client.post(f"{path}/convert", json=body, headers=li)
    assert named.status_code == 202  # L2O, which knows who sees the account, decides


async def test_converting_again_into_other_records_is_refused(client: AsyncClient) -> None:
    lead_id = await create_qualified(client)
    operation = await start(client, lead_id, records=["ACCOUNT", "CONTACT"])
    same = await client.post(f"/leads/{lead_id}/convert", json={"records": ["CONTACT", "ACCOUNT"]})
    assert same.json()["id"] == operation["id"]
    other = await client.post(f"/leads/{lead_id}/convert", json={"records": ["ACCOUNT"]})
    assert problem(other) == (409, "MOVE_MADE_OTHERWISE")


async def test_a_rejection_names_the_fields_in_both_languages(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    operation = await start(client)
    fields = (
        RejectedFieldState(zh="客户的颜色", en="Colour of the account"),
        RejectedFieldState(zh="联系人的邮箱", en="email of the contact"),
    )
    await reject(tx, operation, "CONVERSION_FIELDS_MISSING", fields)
    path = f"/leads/{operation['lead_id']}"
    note = "客户的颜色、联系人的邮箱 / Colour of the account, email of the contact"
    english = (await client.get(path)).json()
    assert (english["status"], english["status_note"]) == ("SQL", note)
    assert english["status_reason_text"] == (
        "A required field of the account, contact or opportunity has no value. Fill it in, then"
        f" convert again: {note}"
    )
    chinese = (await client.get(path, headers={"Accept-Language": "zh-CN"})).json()
    assert chinese["status_reason_text"] == (
        f"客户、联系人或商机有必填字段没有值，请补充后再转化：{note}"
    )
    ended = (await client.get(f"/operations/{operation['id']}")).json()
    assert ended["problem"]["params"] == {"fields": note}
    moves = (await client.get(f"{path}/history")).json()["items"]
    assert moves[0]["reason_text"] == english["status_reason_text"]


async def test_the_trail_travels_with_the_conversion(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead_id = await create_qualified(client)
    touch = {"kind": "FORM", "at": "2026-11-19T02:00:00Z", "subject": "试用申请"}
    assert (await client.post(f"/leads/{lead_id}/touches", json=touch)).status_code == 201
    for number in range(51):
        await note(client, lead_id, summary=f"第 {number} 次", result="REACHED")
    await start(client, lead_id)
    payload = (await published())[-1].payload
    assert payload["trail_counts"] == {"TOUCH": 1, "FOLLOW_UP": 51}
    assert len(payload["trail"]) == 50
    newest = payload["trail"][0]
    assert (newest["source"], newest["title_zh"]) == ("FOLLOW_UP", "电话：已联系上")
    assert (newest["title_en"], newest["text"][:1]) == ("Call: Reached", "第")
    assert newest["actor"] is not None
