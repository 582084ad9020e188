"""The notices to the owner of a quote, published in the transaction of the quote's change."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from cpq.quotes.actions.moves import expire_quote
from services.cpq.tests.conftest import SetClock
from services.cpq.tests.factories import NOON, open_shop
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedWork
from testkit.published import Work

SCOPE = "cpq.quote.read cpq.quote.write"


class Quotes:
    """A quote that li has created, for whom sun, the head of the team, acts."""

    def __init__(self, client: httpx.AsyncClient, tenant: UUID, shop: dict[str, object]) -> None:
        self._client, self._tenant, self._shop = client, tenant, shop
        self.id, self.document_no = "", ""

    async def create(self, name: str, owner: str) -> None:
        body = {**self._shop, "owner_id": subject(owner)}
        quote = (await self._ask(name, "/quotes", body)).json()
        self.id, self.document_no = quote["id"], quote["document_no"]

    async def post(self, verb: str, **body: str) -> None:
        await self._ask("sun", f"/quotes/{self.id}/{verb}", body or None)

    async def _ask(self, name: str, path: str, body: object) -> httpx.Response:
        headers = sign_in(self._tenant, name, scope=SCOPE)
        answer = await self._client.post(path, json=body, headers=headers)
        assert answer.status_code in (200, 201), answer.text
        return answer

    def notice(self, kind: str, person: str, message: str) -> Work:
        text = message.format(no=self.document_no)
        return Work("notified", kind, "cpq.quote", subject(person), text)


@pytest.fixture
async def quotes(
    client: httpx.AsyncClient, tx: AsyncConnection, tenant: UUID, set_clock: SetClock
) -> Quotes:
    set_clock(NOON)
    await Company(tx).build()
    shop = await open_shop(tx, owner_id=subject("li"))
    return Quotes(client, tenant, shop.body(valid_until="2026-11-30"))


async def test_an_owner_is_notified_of_a_quote_that_somebody_else_created(
    quotes: Quotes, published_work: PublishedWork
) -> None:
    await quotes.create("li", "li")
    assert await published_work() == []
    await quotes.create("sun", "zhou")
    assigned = "{no} has been assigned to you."
    assert await published_work() == [quotes.notice("ASSIGNED", "zhou", assigned)]
    await quotes.post("transfer", owner_id=subject("li"))
    assert (await published_work())[1:] == [quotes.notice("ASSIGNED", "li", assigned)]


@pytest.mark.parametrize(
    ("verb", "body", "kind", "message"),
    [
        ("accept", {}, "QUOTE_ACCEPTED", "星辰科技 has accepted quote {no}."),
        ("reject", {"reason": "price"}, "QUOTE_REJECTED", "星辰科技 has rejected quote {no}."),
    ],
)
async def test_the_owner_is_notified_once_of_the_customers_answer(
    quotes: Quotes,
    published_work: PublishedWork,
    verb: str,
    body: dict[str, str],
    kind: str,
    message: str,
) -> None:
    await quotes.create("li", "li")
    await quotes.post("send")
    for _ in range(2):
        await quotes.post(verb, **body)
    assert await published_work() == [quotes.notice(kind, "li", message)]


async def test_the_owner_is_notified_of_an_expired_quote(
    quotes: Quotes, tx: AsyncConnection, published_work: PublishedWork
) -> None:
    await quotes.create("li", "li")
    await quotes.post("send")
    for _ in range(2):
        await expire_quote(Command(tx, NOON + timedelta(days=30)), UUID(quotes.id))
    expired = quotes.notice("QUOTE_EXPIRED", "li", "Quote {no} for 星辰科技 has expired.")
    assert await published_work() == [expired]
