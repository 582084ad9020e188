"""The HTTP API of opportunities."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.opportunities.domain import Stage
from services.l2o.tests.factories import add_account, add_contact, add_opportunity
from testkit.plugin import PublishedFacts

Token = Callable[..., str]
Json = dict[str, Any]
CALLER = "01990000-0000-7000-8000-000000000001"


async def open_opportunity(client: AsyncClient, tx: AsyncConnection, **fields: Any) -> Json:
    account = await add_account(tx)
    body = {"account_id": str(account.id), "name": "2027 年度采购", **fields}
    answer = await client.post("/opportunities", json=body)
    assert answer.status_code == 201, answer.text
    opportunity: Json = answer.json()
    return opportunity


async def test_an_opened_opportunity_is_stored_and_published(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    account = await add_account(tx)
    contact = await add_contact(tx, account.id)
    body = {
        "account_id": str(account.id),
        "contact_id": str(contact.id),
        "name": "  2027 年度采购 ",
        "amount": {"amount": "120000.5", "currency": "CNY"},
        "expected_close_date": "2027-03-31",
    }
    answer = await client.post("/opportunities", json=body)
    assert answer.status_code == 201, answer.text
    created = answer.json()
    assert answer.headers["Location"] == f"/l2o/v1/opportunities/{created['id']}"
    assert created == {
        "id": created["id"],
        "account_id": str(account.id),
        "contact_id": str(contact.id),
        "lead_id": None,
        "last_activity_at": None,
        "name": "2027 年度采购",
        "stage": "FIRST_CONTACT",
        "amount": {"amount": "120000.50", "currency": "CNY"},
        "expected_close_date": "2027-03-31",
        "product_id": None,
        "engaged_date": None,
        "custom_fields": {},
        "lost_reason": None,
        "closed_at": None,
        "closed_date": None,
        "order_id": None,
        "order_no": None,
        "external_ids": [],
        "owner_id": CALLER,
        "account_name": account.name,
        "contact_name": contact.name,
        "product_name": None,
        "owner_name": None,
        "version": 1,
        "created_at": created["created_at"],
        "updated_at": created["created_at"],
        "deleted_at": None,
    }
    assert (await client.get(f"/opportunities/{created['id']}")).json() == created
    [event] = await published()
    assert (event.type, event.sequence) == ("l2o.opportunity.opened.v1", 1)
    assert event.payload["opportunity"]["amount"] == {"amount": "120000.50", "currency": "CNY"}


async def test_unknown_account_and_contact_are_reported_at_once(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    foreign_contact = await add_contact(tx, (await add_account(tx)).id)
    own_account = await add_account(tx)
    unknown = {"account_id": str(uuid4()), "contact_id": str(foreign_contact.id), "name": "x"}
    for body, expected in [
        (unknown, [("/account_id", "ACCOUNT_UNKNOWN"), ("/contact_id", "CONTACT_UNKNOWN")]),
        ({**unknown, "account_id": str(own_account.id)}, [("/contact_id", "CONTACT_UNKNOWN")]),
    ]:
        answer = await client.post("/opportunities", json=body)
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == expected


async def test_moves_to_won_are_published_and_kept_in_the_history(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    created = await open_opportunity(client, tx)
    path = f"/opportunities/{created['id']}"
    moved = await client.post(f"{path}/move", json={"stage": "QUOTATION"})
    assert (moved.status_code, moved.json()["stage"], moved.json()["version"]) == (
        200,
        "QUOTATION",
        2,
    )
    moved_back = await client.post(f"{path}/move", json={"stage": "SOLUTION"})
    assert moved_back.json()["version"] == 3
    won = (await client.post(f"{path}/win")).json()
    assert (won["stage"], won["version"], won["order_id"]) == ("WON", 4, None)
    assert won["closed_at"] == won["updated_at"]
    assert (await client.get(path)).json() == won

    history = (await client.get(f"{path}/stage-changes")).json()
    assert history["next_cursor"] is None
    assert [(c["from_stage"], c["to_stage"], c["actor"]) for c in history["items"]] == [
        ("SOLUTION", "WON", CALLER),
        ("QUOTATION", "SOLUTION", CALLER),
        ("FIRST_CONTACT", "QUOTATION", CALLER),
        (None, "FIRST_CONTACT", CALLER),
    ]
    assert [(event.type, event.sequence) for event in await published()] == [
        ("l2o.opportunity.opened.v1", 1),
        ("l2o.opportunity.stage_moved.v1", 2),
        ("l2o.opportunity.stage_moved.v1", 3),
        ("l2o.opportunity.won.v1", 4),
    ]


async def test_a_loss_stores_and_publishes_its_reason(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    path = f"/opportunities/{(await open_opportunity(client, tx))['id']}"
    lost = (await client.post(f"{path}/lose", json={"reason": " 预算被砍 "})).json()
    assert (lost["stage"], lost["lost_reason"], lost["version"]) == ("LOST", "预算被砍", 2)
    changes = (await client.get(f"{path}/stage-changes")).json()["items"]
    assert (changes[0]["to_stage"], changes[0]["reason"]) == ("LOST", "预算被砍")
    assert (await published())[-1].payload["reason"] == "预算被砍"


async def test_another_reason_for_a_loss_is_refused(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    path = f"/opportunities/{(await open_opportunity(client, tx))['id']}"
    await client.post(f"{path}/lose", json={"reason": "预算被砍"})
    other = await client.post(f"{path}/lose", json={"reason": "另一个原因"})
    assert (other.status_code, other.json()["code"]) == (409, "MOVE_MADE_OTHERWISE")
    assert (await client.get(path)).json()["lost_reason"] == "预算被砍"


@pytest.mark.parametrize(
    ("verb", "body", "again"),
    [
        ("move", {"stage": "BIDDING"}, {"stage": "BIDDING"}),
        ("win", None, {}),
        ("lose", {"reason": "预算被砍"}, {"reason": "预算被砍"}),
    ],
)
async def test_a_repeated_move_answers_the_same(
    client: AsyncClient,
    tx: AsyncConnection,
    published: PublishedFacts,
    verb: str,
    body: Json | None,
    again: Json,
) -> None:
    path = f"/opportunities/{(await open_opportunity(client, tx))['id']}"
    first = await client.post(f"{path}/{verb}", json=body)
    second = await client.post(f"{path}/{verb}", json=again)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == first.json()
    assert len(await published()) == 2
    assert len((await client.get(f"{path}/stage-changes")).json()["items"]) == 2


async def test_losing_for_another_reason_is_refused(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    path = f"/opportunities/{(await open_opportunity(client, tx))['id']}"
    await client.post(f"{path}/lose", json={"reason": "预算被砍"})
    answer = await client.post(f"{path}/lose", json={"reason": "另一个原因"})
    assert (answer.status_code, answer.json()["code"]) == (409, "MOVE_MADE_OTHERWISE")
    assert (await client.get(path)).json()["lost_reason"] == "预算被砍"
    assert len(await published()) == 2


@pytest.mark.parametrize("closed", ["win", "lose"])
async def test_a_closed_opportunity_cannot_be_moved(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts, closed: str
) -> None:
    path = f"/opportunities/{(await open_opportunity(client, tx))['id']}"
    await client.post(f"{path}/{closed}", json={"reason": "x"} if closed == "lose" else {})
    other = "lose" if closed == "win" else "win"
    for verb, body in [("move", {"stage": "SIGNING"}), (other, {"reason": "x"})]:
        request_body = {} if verb == "win" else body
        answer = await client.post(f"{path}/{verb}", json=request_body)
        assert (answer.status_code, answer.json()["code"]) == (409, "STAGE_MOVE_FORBIDDEN")
    assert len(await published()) == 2


async def test_a_forbidden_move_names_the_stages_in_both_languages(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    opportunity = await add_opportunity(tx, stage=Stage.SIGNING)
    path = f"/opportunities/{opportunity.id}/move"
    details = {}
    for language in ("zh-CN", "en"):
        answer = await client.post(
            path, json={"stage": "SOLUTION"}, headers={"Accept-Language": language}
        )
        assert answer.status_code == 409
        assert answer.json()["params"] == {"from_stage": "SIGNING", "to_stage": "SOLUTION"}
        details[language] = answer.json()["detail"]
    assert details == {
        "zh-CN": "商机不能从“签约”变为“方案”。",
        "en": "An opportunity cannot go from Signing to Solution.",
    }


async def test_the_list_is_newest_first_and_paged(client: AsyncClient, tx: AsyncConnection) -> None:
    ids = [str((await add_opportunity(tx)).id) for _ in range(5)]
    listed_ids: list[str] = []
    cursor = ""
    for size in (2, 2, 1):
        page = (await client.get(f"/opportunities?limit=2{cursor}")).json()
        assert len(page["items"]) == size
        listed_ids += [item["id"] for item in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert page["next_cursor"] is None
    assert listed_ids == ids[::-1]


async def test_the_list_is_filtered(client: AsyncClient, tx: AsyncConnection) -> None:
    account = await add_account(tx)
    mine = await add_opportunity(tx, account_id=account.id, stage=Stage.BIDDING, owner_id="a")
    other = await add_opportunity(tx, stage=Stage.BIDDING, owner_id="b")
    third = await add_opportunity(tx, owner_id="a")
    for query, expected in [
        ("", [third, other, mine]),
        (f"?account_id={account.id}", [mine]),
        ("?stage=BIDDING", [other, mine]),
        ("?owner_id=a", [third, mine]),
        ("?owner_id=a&stage=BIDDING", [mine]),
        ("?owner_id=nobody", []),
    ]:
        answer = await client.get(f"/opportunities{query}")
        listed_ids = [item["id"] for item in answer.json()["items"]]
        assert listed_ids == [str(each.id) for each in expected], query


async def test_unknown_opportunities_answer_404(client: AsyncClient) -> None:
    for method, path, request_body in [
        ("GET", "", None),
        ("GET", "/stage-changes", None),
        ("POST", "/move", {"stage": "BIDDING"}),
        ("POST", "/win", {}),
        ("POST", "/lose", {"reason": "x"}),
    ]:
        answer = await client.request(method, f"/opportunities/{uuid4()}{path}", json=request_body)
        assert (answer.status_code, answer.json()["code"]) == (404, "OPPORTUNITY_NOT_FOUND"), path
    answer = await client.get("/opportunities/7")
    assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [
        ("{opportunity_id}", "ID_INVALID")
    ]


async def test_opportunities_are_not_visible_to_other_tenants(
    client: AsyncClient, tx: AsyncConnection, token: Token
) -> None:
    created = await open_opportunity(client, tx)
    path = f"/opportunities/{created['id']}"
    headers = {"Authorization": f"Bearer {token(tenant=str(uuid4()))}"}
    assert (await client.get(path, headers=headers)).status_code == 404
    assert (await client.get(f"{path}/stage-changes", headers=headers)).status_code == 404
    assert (await client.post(f"{path}/win", headers=headers)).status_code == 404
    assert (await client.get("/opportunities", headers=headers)).json()["items"] == []
    body = {"account_id": created["account_id"], "name": "x"}
    answer = await client.post("/opportunities", json=body, headers=headers)
    assert answer.json()["errors"][0]["code"] == "ACCOUNT_UNKNOWN"
    assert (await client.get(path)).json() == created
