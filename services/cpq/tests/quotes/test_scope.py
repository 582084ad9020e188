"""Whose quotes are whose: who draws one up, who sees it, who gives it away."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.factories import Shop, listed, open_shop, problem
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
SCOPE = "cpq.quote.read cpq.quote.write"


class People:
    """Everybody of the company, each signed in as a seller is."""

    def __init__(self, client: Client, tenant: UUID) -> None:
        self._client, self._tenant = client, tenant

    async def ask(self, name: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = sign_in(self._tenant, name, scope=more.pop("scope", SCOPE))
        return await self._client.request(method, path, headers=headers, **more)

    async def quote(self, name: str, shop: Shop, **more: Any) -> dict[str, Any]:
        answer = await self.ask(name, "POST", "/quotes", json=shop.body(**more))
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made


@pytest.fixture
async def company(tx: AsyncConnection) -> Company:
    return await Company(tx).build()


@pytest.fixture
def people(client: Client, tenant: UUID) -> People:
    return People(client, tenant)


@pytest.fixture
async def shop(tx: AsyncConnection, company: Company) -> Shop:
    """Its opportunity is li's, of team A."""
    return await open_shop(tx, owner_id=subject("li"))


@pytest.mark.parametrize(
    ("name", "scope", "status"),
    [
        ("li", SCOPE, 201),
        ("sun", SCOPE, 201),
        ("zhao", SCOPE, 201),
        ("zhou", SCOPE, 409),
        ("wu", SCOPE, 409),
        ("zhou", f"{SCOPE} l2o.opportunity.all", 201),
    ],
)
async def test_a_quote_is_for_an_opportunity_one_sees(
    people: People, shop: Shop, published: PublishedFacts, name: str, scope: str, status: int
) -> None:
    for method, path in (
        ("POST", "/quotes/preview"),
        ("POST", "/quotes"),
        ("PUT", "/quotes/by-external-id/erp/1"),
    ):
        answer = await people.ask(name, method, path, json=shop.body(), scope=scope)
        if status == 409:
            assert problem(answer) == (409, "OPPORTUNITY_UNKNOWN")
        else:
            assert answer.status_code in (200, 201), answer.text
    assert len(await published()) == (0 if status == 409 else 2)


async def test_lists_show_what_one_sees(people: People, shop: Shop) -> None:
    mine = (await people.quote("li", shop))["id"]
    bosses = (await people.quote("sun", shop))["id"]

    async def seen(name: str, query: str = "") -> list[str]:
        answer = await people.ask(name, "GET", f"/quotes?{query}")
        return [item["id"] for item in answer.json()["items"]]

    assert await seen("li") == [mine]
    assert await seen("sun") == await seen("zhao") == [bosses, mine]
    assert await seen("sun", f"owner_id={subject('li')}") == [mine]
    assert await seen("wu") == await seen("zhou") == []
    assert await seen("sun", "q=星辰") == [bosses, mine]
    assert await seen("sun", "sort=document_no&include_total=true") == [mine, bosses]


async def test_a_quote_may_be_for_another_owner(people: People, shop: Shop) -> None:
    quote = await people.quote("sun", shop, owner_id=subject("zhou"))
    assert quote["owner_id"] == subject("zhou")
    assert (await people.ask("zhou", "GET", f"/quotes/{quote['id']}")).status_code == 200
    assert problem(await people.ask("li", "GET", f"/quotes/{quote['id']}"))[0] == 404


async def test_an_owner_is_somebody_active(people: People, shop: Shop, company: Company) -> None:
    await company.person("zheng", "team B", active=False)
    for owner, code in (("nobody", "OWNER_UNKNOWN"), (subject("zheng"), "OWNER_INACTIVE")):
        answer = await people.ask("li", "POST", "/quotes", json=shop.body(owner_id=owner))
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (422, "/owner_id", code)


async def test_a_quote_changes_hands_whatever_its_status(
    people: People, shop: Shop, published: PublishedFacts
) -> None:
    quote = await people.quote("li", shop)
    path = f"/quotes/{quote['id']}"
    assert (await people.ask("li", "POST", f"{path}/send")).status_code == 200
    body = {"owner_id": subject("zheng"), "reason": "调岗"}
    for _ in range(2):
        answer = await people.ask("sun", "POST", f"{path}/transfer", json=body)
        if answer.status_code != 200:  # team A has nothing to do with it any more
            assert problem(answer) == (404, "QUOTE_NOT_FOUND")
    facts = await published()
    assert [fact.type for fact in facts] == [
        "cpq.quote.created.v1",
        "cpq.quote.sent.v1",
        "cpq.quote.assigned.v1",
    ]
    told = facts[-1].payload
    assert (told["from_owner_id"], told["assigned_by"]) == (subject("li"), subject("sun"))
    assert told["quote"]["owner_id"] == subject("zheng")
    for name, status in {"li": 404, "sun": 404, "zheng": 200, "wu": 200}.items():
        assert (await people.ask(name, "GET", path)).status_code == status
    owners = (await people.ask("wu", "GET", f"{path}/owners")).json()["items"]
    assert [(one["to_owner_id"], one["reason"]) for one in owners] == [(subject("zheng"), "调岗")]


async def test_many_change_hands_each_for_itself(people: People, shop: Shop) -> None:
    made = [(await people.quote("li", shop))["id"] for _ in range(3)]
    bosses = (await people.quote("qian", shop))["id"]
    body = {"owner_id": subject("zhou"), "ids": [*made, bosses]}
    answer = await people.ask("sun", "POST", "/quotes/transfer", json=body)
    assert answer.status_code == 207, answer.text
    assert [item["status"] for item in answer.json()["items"]] == [200, 200, 200, 404]
    shown = (await people.ask("zhou", "GET", "/quotes")).json()["items"]
    assert [item["id"] for item in shown] == made[::-1]


async def test_a_reader_moves_nothing(people: People, shop: Shop, company: Company) -> None:
    quote = await people.quote("li", shop)
    path = f"/quotes/{quote['id']}"
    granted = await people.ask(
        "li", "PUT", f"{path}/shares/PERSON/{subject('zheng')}", json={"access": "READ"}
    )
    assert granted.status_code == 200, granted.text
    assert (await people.ask("zheng", "GET", path)).json() == quote
    for method, tail, body in (
        ("PATCH", "", {"valid_until": "2026-12-31"}),
        ("DELETE", "", None),
        ("POST", "/send", None),
        ("POST", "/accept", None),
        ("POST", "/reject", {"reason": "x"}),
        ("POST", "/revise", {}),
        ("POST", "/restore", None),
        ("POST", "/external-ids", {"system": "erp", "external_id": "1"}),
    ):
        answer = await people.ask("zheng", method, f"{path}{tail}", json=body)
        assert problem(answer) == (403, "RECORD_READ_ONLY"), tail
    # To clone is to read, but the opportunity is not zheng's.
    clone = await people.ask("zheng", "POST", f"{path}/clone", json={})
    assert problem(clone) == (409, "OPPORTUNITY_UNKNOWN")


async def test_a_revision_stays_with_its_owner_and_a_clone_is_mine(
    people: People, shop: Shop
) -> None:
    quote = await people.quote("li", shop)
    path = f"/quotes/{quote['id']}"
    await people.ask("li", "POST", f"{path}/send")
    revision = (await people.ask("sun", "POST", f"{path}/revise", json={})).json()
    clone = (await people.ask("sun", "POST", f"{path}/clone", json={})).json()
    assert (revision["owner_id"], clone["owner_id"]) == (subject("li"), subject("sun"))


async def test_a_list_is_of_those_signed_in(client: Client, people: People, shop: Shop) -> None:
    """The client of these tests may all: it sees everything, as the director does."""
    made = (await people.quote("li", shop))["id"]
    assert await listed(client, "/quotes") == [made]
