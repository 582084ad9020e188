"""Who can create, see and transfer which quotes."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from services.cpq.tests.factories import Shop, list_ids, open_shop, status_and_code
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts

Client = httpx.AsyncClient
SCOPE = "cpq.quote.read cpq.quote.write"


class People:
    """The people of the test company, each signed in with a seller's scopes."""

    def __init__(self, client: Client, tenant: UUID) -> None:
        self._client, self._tenant = client, tenant

    async def ask(self, name: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = sign_in(self._tenant, name, scope=more.pop("scope", SCOPE))
        return await self._client.request(method, path, headers=headers, **more)

    async def quote(self, name: str, shop: Shop, **more: Any) -> dict[str, Any]:
        answer = await self.ask(name, "POST", "/quotes", json=shop.body(**more))
        assert answer.status_code == 201, answer.text
        quote_ids: dict[str, Any] = answer.json()
        return quote_ids


@pytest.fixture
async def company(tx: AsyncConnection) -> Company:
    return await Company(tx).build()


@pytest.fixture
def people(client: Client, tenant: UUID) -> People:
    return People(client, tenant)


@pytest.fixture
async def shop(tx: AsyncConnection, company: Company) -> Shop:
    """Set up quoting for an opportunity of li, who is in team A."""
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
async def test_a_quote_needs_a_visible_opportunity(
    people: People, shop: Shop, published: PublishedFacts, name: str, scope: str, status: int
) -> None:
    for method, path in (
        ("POST", "/quotes/preview"),
        ("POST", "/quotes"),
        ("PUT", "/quotes/by-external-id/erp/1"),
    ):
        answer = await people.ask(name, method, path, json=shop.body(), scope=scope)
        if status == 409:
            assert status_and_code(answer) == (409, "OPPORTUNITY_UNKNOWN")
        else:
            assert answer.status_code in (200, 201), answer.text
    assert len(await published()) == (0 if status == 409 else 2)


async def test_lists_show_visible_quotes_only(people: People, shop: Shop) -> None:
    own = (await people.quote("li", shop))["id"]
    of_manager = (await people.quote("sun", shop))["id"]

    async def visible_ids(name: str, query: str = "") -> list[str]:
        answer = await people.ask(name, "GET", f"/quotes?{query}")
        return [item["id"] for item in answer.json()["items"]]

    assert await visible_ids("li") == [own]
    assert await visible_ids("sun") == await visible_ids("zhao") == [of_manager, own]
    assert await visible_ids("sun", f"owner_id={subject('li')}") == [own]
    assert await visible_ids("wu") == await visible_ids("zhou") == []
    assert await visible_ids("sun", "q=星辰") == [of_manager, own]
    assert await visible_ids("sun", "sort=document_no&include_total=true") == [own, of_manager]


async def test_a_quote_can_be_created_for_another_owner(people: People, shop: Shop) -> None:
    """Whoever owns its opportunity goes on seeing it."""
    quote = await people.quote("sun", shop, owner_id=subject("zhou"))
    assert quote["owner_id"] == subject("zhou")
    statuses = {"zhou": 200, "li": 200, "zheng": 404}
    for name, status in statuses.items():
        answer = await people.ask(name, "GET", f"/quotes/{quote['id']}")
        assert answer.status_code == status, name


async def test_an_owner_must_be_an_active_person(
    people: People, shop: Shop, company: Company
) -> None:
    await company.person("zheng", "team B", active=False)
    for owner, code in (("nobody", "OWNER_UNKNOWN"), (subject("zheng"), "OWNER_INACTIVE")):
        answer = await people.ask("li", "POST", "/quotes", json=shop.body(owner_id=owner))
        [error] = answer.json()["errors"]
        assert (answer.status_code, error["pointer"], error["code"]) == (422, "/owner_id", code)


async def test_a_quote_can_be_transferred_in_any_status(
    people: People, shop: Shop, published: PublishedFacts
) -> None:
    quote = await people.quote("li", shop)
    path = f"/quotes/{quote['id']}"
    assert (await people.ask("li", "POST", f"{path}/send")).status_code == 200
    body = {"owner_id": subject("zheng"), "reason": "调岗"}
    for _ in range(2):
        answer = await people.ask("sun", "POST", f"{path}/transfer", json=body)
        if answer.status_code != 200:  # the head of team A merely sees its opportunity now
            assert status_and_code(answer) == (403, "RECORD_READ_ONLY")
    facts = await published()
    assert [fact.type for fact in facts] == [
        "cpq.quote.created.v1",
        "cpq.quote.sent.v1",
        "cpq.quote.assigned.v1",
    ]
    payload = facts[-1].payload
    assert (payload["from_owner_id"], payload["assigned_by"]) == (subject("li"), subject("sun"))
    assert payload["quote"]["owner_id"] == subject("zheng")
    for name, status in {"li": 200, "zhou": 404, "zheng": 200, "wu": 200}.items():
        assert (await people.ask(name, "GET", path)).status_code == status
    owners = (await people.ask("wu", "GET", f"{path}/owners")).json()["items"]
    assert [(one["to_owner_id"], one["reason"]) for one in owners] == [(subject("zheng"), "调岗")]


async def test_a_bulk_transfer_answers_for_each_quote(people: People, shop: Shop) -> None:
    quote_ids = [(await people.quote("li", shop))["id"] for _ in range(3)]
    of_manager = (await people.quote("qian", shop))["id"]
    body = {"owner_id": subject("zhou"), "ids": [*quote_ids, of_manager]}
    answer = await people.ask("sun", "POST", "/quotes/transfer", json=body)
    assert answer.status_code == 207, answer.text
    assert [item["status"] for item in answer.json()["items"]] == [200, 200, 200, 403]
    shown = (await people.ask("zhou", "GET", "/quotes")).json()["items"]
    assert [item["id"] for item in shown] == quote_ids[::-1]


async def test_a_read_share_allows_no_change(people: People, shop: Shop, company: Company) -> None:
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
        assert status_and_code(answer) == (403, "RECORD_READ_ONLY"), tail
    # Cloning only reads the quote, but zheng cannot see the opportunity.
    clone = await people.ask("zheng", "POST", f"{path}/clone", json={})
    assert status_and_code(clone) == (409, "OPPORTUNITY_UNKNOWN")


async def test_a_revision_keeps_the_owner_and_a_clone_belongs_to_the_caller(
    people: People, shop: Shop
) -> None:
    quote = await people.quote("li", shop)
    path = f"/quotes/{quote['id']}"
    await people.ask("li", "POST", f"{path}/send")
    revision = (await people.ask("sun", "POST", f"{path}/revise", json={})).json()
    clone = (await people.ask("sun", "POST", f"{path}/clone", json={})).json()
    assert (revision["owner_id"], clone["owner_id"]) == (subject("li"), subject("sun"))


async def test_a_caller_with_scope_all_sees_every_quote(
    client: Client, people: People, shop: Shop
) -> None:
    """The default client of the tests has the scope `cpq.quote.all`."""
    quote_ids = (await people.quote("li", shop))["id"]
    assert await list_ids(client, "/quotes") == [quote_ids]
