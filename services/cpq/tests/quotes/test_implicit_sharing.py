"""Who sees an account or an opportunity in L2O sees its quotes here, by copies of its grants."""

from datetime import date
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import SETTINGS_KEY
from chassis.events.replicas import Copy, replicate
from chassis.records.access.tables import grant_copies
from contracts.l2o.events import GrantChanged, GrantDeleted, GrantState
from cpq.accounts.store import accounts
from services.cpq.tests.factories import Shop, open_shop, status_and_code
from testkit.copies import NOON, carried
from testkit.directory import Company, directory_id, sign_in, subject

Client = httpx.AsyncClient
SCOPE = "cpq.quote.read cpq.quote.write"
GRANTS = Copy(GrantState, grant_copies)


class Deal:
    """An account of qian with an opportunity of li, for whom li has made a quote."""

    def __init__(self, client: Client, tx: AsyncConnection, tenant: UUID) -> None:
        self._client, self._tx, self._tenant = client, tx, tenant
        self._sequence = 0
        self.shop: Shop
        self.path = ""

    async def build(self) -> "Deal":
        await Company(self._tx).build()
        self.shop = await open_shop(self._tx, owner_id=subject("li"))
        is_account = accounts.c.id == self.shop.account_id
        owned = update(accounts).where(is_account).values(owner_id=subject("zheng"))
        await self._tx.execute(owned)
        quote = await self.call("li", "POST", "/quotes", json=self.shop.body())
        self.path = f"/quotes/{quote.json()['id']}"
        return self

    async def call(self, name: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = sign_in(self._tenant, name, scope=SCOPE)
        return await self._client.request(method, path, headers=headers, **more)

    async def status(self, name: str) -> int:
        return (await self.call(name, "GET", self.path)).status_code

    async def listed(self, name: str, query: str = "") -> int:
        answer = await self.call(name, "GET", f"/quotes?{query}")
        return len(answer.json()["items"])

    async def receive(
        self,
        resource: str,
        name: str,
        access: str = "READ",
        *,
        until_date: date | None = None,
        ended: bool = False,
        sequence: int | None = None,
    ) -> None:
        """Apply an event of L2O: this person is granted, or no longer, the deal's record."""
        is_account = resource == "l2o.account"
        self._sequence += 1
        state = GrantState(
            resource=resource,
            record_id=self.shop.account_id if is_account else self.shop.opportunity_id,
            via="TEAM",
            grantee_kind="PERSON",
            grantee_id=directory_id(name),
            access=access,
            until_date=until_date,
            created_by=subject("li"),
            created_at=NOON,
            deleted=ended,
        )
        event = GrantDeleted(grant=state) if ended else GrantChanged(grant=state)
        key = directory_id(f"{resource} {name}")
        number = self._sequence if sequence is None else sequence
        await replicate(self._tx, GRANTS, [carried(GRANTS, event, key, sequence=number)])


@pytest.fixture
async def deal(client: Client, tx: AsyncConnection, tenant: UUID) -> Deal:
    return await Deal(client, tx, tenant).build()


async def test_the_owner_of_the_account_reads_its_quotes(deal: Deal) -> None:
    for name in ("zheng", "wu"):  # wu manages zheng
        assert await deal.status(name) == 200, name
    assert await deal.listed("zheng", f"account_id={deal.shop.account_id}") == 1
    assert await deal.listed("zheng") == 0
    sent = await deal.call("zheng", "POST", f"{deal.path}/send")
    assert status_and_code(sent) == (403, "RECORD_READ_ONLY")


async def test_a_member_of_the_accounts_team_reads_its_quotes(deal: Deal) -> None:
    assert await deal.status("bei") == 404
    await deal.receive("l2o.account", "bei", "WRITE")
    assert await deal.status("bei") == 200
    assert await deal.listed("bei", f"account_id={deal.shop.account_id}") == 1
    sent = await deal.call("bei", "POST", f"{deal.path}/send")
    assert status_and_code(sent) == (403, "RECORD_READ_ONLY")


async def test_a_colleague_of_the_deals_team_quotes_it(deal: Deal) -> None:
    """Quoting an opportunity takes that one sees it; its team works on all its quotes."""
    refused = await deal.call("bei", "POST", "/quotes", json=deal.shop.body())
    assert status_and_code(refused) == (409, "OPPORTUNITY_UNKNOWN")
    await deal.receive("l2o.opportunity", "bei", "READ")
    assert (await deal.call("bei", "POST", "/quotes", json=deal.shop.body())).status_code == 201
    assert await deal.listed("bei") == 2
    sent = await deal.call("bei", "POST", f"{deal.path}/send")
    assert status_and_code(sent) == (403, "RECORD_READ_ONLY")
    await deal.receive("l2o.opportunity", "bei", "WRITE")
    assert (await deal.call("bei", "POST", f"{deal.path}/send")).status_code == 200


@pytest.mark.parametrize("order", [(1, 2), (2, 1), (2, 1, 2)])
async def test_a_grant_ends_in_whatever_order_its_events_arrive(
    deal: Deal, order: tuple[int, ...]
) -> None:
    for sequence in order:
        ended = sequence == 2
        await deal.receive("l2o.opportunity", "bei", ended=ended, sequence=sequence)
    assert await deal.status("bei") == 404
    assert await deal.listed("bei") == 0


async def test_an_expired_grant_counts_no_longer(deal: Deal) -> None:
    await deal.receive("l2o.opportunity", "bei", until_date=date(2020, 1, 1))
    assert await deal.status("bei") == 404
    await deal.receive("l2o.opportunity", "bei", until_date=date(2099, 1, 1))
    assert await deal.status("bei") == 200


async def test_a_tenant_can_keep_quotes_apart(deal: Deal, tx: AsyncConnection) -> None:
    await deal.receive("l2o.opportunity", "bei", "WRITE")
    await tx.execute(text("UPDATE tenant_settings SET separate_resources = '{cpq.quote}'"))
    tx.info.pop(SETTINGS_KEY, None)
    assert [await deal.status(name) for name in ("li", "zheng", "bei")] == [200, 404, 404]
    assert await deal.listed("zheng", f"account_id={deal.shop.account_id}") == 0


async def test_access_names_the_record_of_the_other_service(deal: Deal) -> None:
    await deal.receive("l2o.opportunity", "bei", "WRITE")
    answer = await deal.call("li", "GET", f"{deal.path}/access")
    reasons = {(one["why"], one["under"], one["access"]) for one in answer.json()["everybody"]}
    assert {
        ("OWNER", None, "WRITE"),
        ("OWNER", "l2o.account", "READ"),
        ("TEAM", "l2o.opportunity", "WRITE"),
    } <= reasons
