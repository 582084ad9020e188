"""Quotes over a limit wait for an approval: they are asked for, answered, withdrawn, made void."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta, ProcessSubscription
from chassis.records.approvals.actions import approval_mode
from chassis.records.approvals.tables import approval_requests
from contracts.desk.events import ApprovalDecided, ApprovalState
from cpq.worker import WORKER
from kernel.ids import new_id
from services.cpq.tests.factories import NOON, Shop, open_shop
from testkit.directory import Company, subject
from testkit.plugin import Committed, PublishedFacts

Client = httpx.AsyncClient
DESK = "01990000-0000-7000-8000-0000000000d1"
REQUESTED = "cpq.approval_request.changed.v1"


@pytest.fixture
async def shop(tx: AsyncConnection) -> Shop:
    return await open_shop(tx)


async def limit(client: Client, rate: str = "0.10") -> None:
    """Let quotes with a line discount over this rate need an approval."""
    condition = {"field": "discount_rate", "operator": "GT", "value": rate}
    rules = {"hit_policy": "COLLECT", "rows": [{"id": "discount", "condition": condition}]}
    answer = await client.post(
        "/rule-sets/quote_approval/versions", json={"rules": rules, "based_on": 0}
    )
    assert answer.status_code == 201, answer.json()


async def quoted(client: Client, shop: Shop, rate: str = "0.15") -> str:
    body = shop.body({"quantity": "10", "discount_rate": rate})
    answer = await client.post("/quotes", json=body)
    assert answer.status_code == 201, answer.json()
    quote_id: str = answer.json()["id"]
    return quote_id


async def move(client: Client, quote_id: str, verb: str, **body: Any) -> tuple[int, str]:
    """Return the status of the answer, and that of the quote or the code of the refusal."""
    answer = await client.post(f"/quotes/{quote_id}/{verb}", json=body or None)
    shown = answer.json()
    return answer.status_code, shown["status"] if answer.status_code == 200 else shown["code"]


async def requests_of(tx: AsyncConnection) -> list[Any]:
    return list(await tx.execute(select(approval_requests).order_by(approval_requests.c.id)))


async def answer(
    tx: AsyncConnection, tenant: UUID, status: str, *, version: int | None = None, **more: Any
) -> None:
    """Let the answer of desk to the newest request arrive."""
    request = (await requests_of(tx))[-1]
    state = ApprovalState.model_validate(
        {
            "approval_id": request.id,
            "kind": request.kind,
            "resource": request.resource,
            "record_id": request.record_id,
            "record_version": version or request.record_version,
            "record_name": request.record_name,
            "requested_by": request.requested_by,
            "requested_at": request.requested_at,
            "flow_version": 1,
            "status": status,
            "ended_by": DESK,
            "ended_at": NOON,
            **more,
        }
    )
    [subscription] = [one for one in WORKER.subscriptions if one.name == "cpq.approval_answers"]
    assert isinstance(subscription, ProcessSubscription)
    meta = EventMeta(new_id(), tenant, request.id, 2, 1, NOON)
    event = ApprovalDecided(approval=state)
    await subscription.handlers[ApprovalDecided](tx, event, meta)


async def test_a_quote_within_the_limit_is_sent_and_needs_no_approval(
    client: Client, shop: Shop
) -> None:
    await limit(client)
    quote_id = await quoted(client, shop, "0.10")
    assert await move(client, quote_id, "submit") == (409, "QUOTE_NEEDS_NO_APPROVAL")
    assert await move(client, quote_id, "send") == (200, "SENT")


async def test_without_rules_nothing_needs_an_approval(client: Client, shop: Shop) -> None:
    assert await move(client, await quoted(client, shop, "0.9"), "send") == (200, "SENT")


async def test_an_approved_quote_is_sent(
    client: Client, shop: Shop, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    await limit(client)
    quote_id = await quoted(client, shop)
    assert await move(client, quote_id, "send") == (409, "QUOTE_NEEDS_APPROVAL")
    assert await move(client, quote_id, "submit") == (200, "IN_APPROVAL")
    assert await move(client, quote_id, "submit") == (200, "IN_APPROVAL")  # asked once
    assert await move(client, quote_id, "send") == (409, "QUOTE_IN_APPROVAL")
    for _ in range(3):  # repeated answers have one effect
        await answer(tx, tenant, "APPROVED")
    assert await move(client, quote_id, "send") == (200, "SENT")
    assert [(fact.type, fact.sequence) for fact in await published()] == [
        ("cpq.quote.created.v1", 1),
        ("cpq.quote.changed.v1", 2),
        (REQUESTED, 1),
        (REQUESTED, 2),
        ("cpq.quote.changed.v1", 3),
        ("cpq.quote.sent.v1", 4),
    ]


async def test_approvers_see_the_facts_and_lines_of_the_version_that_is_asked_for(
    client: Client, shop: Shop, published: PublishedFacts
) -> None:
    await limit(client)
    quote_id = await quoted(client, shop)
    await move(client, quote_id, "submit")
    request = (await published())[-1].payload["approval_request"]
    quote = (await client.get(f"/quotes/{quote_id}")).json()
    assert (request["record_version"], request["record_name"]) == (2, quote["document_no"])
    assert request["facts"]["discount_rate"] == "0.15"
    assert request["facts"]["total_discount_rate"] == "0.15"
    assert Decimal(request["facts"]["amount"]) == Decimal(quote["gross_total"]["amount"])
    assert [line["quantity"] for line in request["lines"]] == ["10"]
    assert request["record_people"] == {"owner": quote["owner_id"]}


@pytest.mark.parametrize("status", ["REJECTED", "RETURNED", "WITHDRAWN"])
async def test_any_other_answer_makes_it_a_draft_and_it_can_be_asked_again(
    client: Client, shop: Shop, tx: AsyncConnection, tenant: UUID, status: str
) -> None:
    await limit(client)
    quote_id = await quoted(client, shop)
    await move(client, quote_id, "submit")
    await answer(tx, tenant, status, reason="折扣过高")
    assert (await client.get(f"/quotes/{quote_id}")).json()["status"] == "DRAFT"
    assert await move(client, quote_id, "submit") == (200, "IN_APPROVAL")
    history = (await client.get(f"/quotes/{quote_id}/approvals")).json()["items"]
    found = [(each["status"], each["reason"], each["without_desk"]) for each in history]
    assert found == [("PENDING", None, False), (status, "折扣过高", False)]


async def test_a_change_of_the_offer_makes_the_request_void_and_the_answer_late(
    client: Client, shop: Shop, tx: AsyncConnection, tenant: UUID
) -> None:
    await limit(client)
    quote_id = await quoted(client, shop)
    await move(client, quote_id, "submit")
    amended = await client.patch(f"/quotes/{quote_id}", json={"valid_until": "2027-03-31"})
    assert amended.json()["status"] == "DRAFT"
    assert [row.status for row in await requests_of(tx)] == ["VOID"]
    await answer(tx, tenant, "APPROVED")  # it crossed the change
    assert (await client.get(f"/quotes/{quote_id}")).json()["status"] == "DRAFT"
    assert await move(client, quote_id, "send") == (409, "QUOTE_NEEDS_APPROVAL")


async def test_an_answer_for_another_version_changes_nothing(
    client: Client, shop: Shop, tx: AsyncConnection, tenant: UUID
) -> None:
    await limit(client)
    quote_id = await quoted(client, shop)
    await move(client, quote_id, "submit")
    await answer(tx, tenant, "APPROVED", version=1)
    assert (await client.get(f"/quotes/{quote_id}")).json()["status"] == "IN_APPROVAL"


async def test_notes_of_the_tenant_and_another_owner_leave_the_request_as_it_is(
    client: Client, shop: Shop, tx: AsyncConnection, tenant: UUID
) -> None:
    await limit(client)
    await Company(tx).build()
    field = {"resource": "cpq.quote", "key": "note", "type": "TEXT"}
    field |= {"label_zh": "备注", "label_en": "Note"}
    assert (await client.post("/custom-fields", json=field)).status_code == 201
    quote_id = await quoted(client, shop)
    await move(client, quote_id, "submit")
    noted = await client.patch(f"/quotes/{quote_id}", json={"custom_fields": {"note": "急"}})
    assert (noted.status_code, noted.json()["status"]) == (200, "IN_APPROVAL")
    given = await client.post(f"/quotes/{quote_id}/transfer", json={"owner_id": subject("li")})
    assert given.status_code == 200
    await answer(tx, tenant, "APPROVED")
    assert (await client.get(f"/quotes/{quote_id}")).json()["status"] == "APPROVED"


async def test_an_amended_approved_quote_needs_another_approval(
    client: Client, shop: Shop, tx: AsyncConnection, tenant: UUID
) -> None:
    await limit(client)
    quote_id = await quoted(client, shop)
    await move(client, quote_id, "submit")
    await answer(tx, tenant, "APPROVED")
    await client.patch(f"/quotes/{quote_id}", json={"valid_until": "2027-03-31"})
    assert await move(client, quote_id, "send") == (409, "QUOTE_NEEDS_APPROVAL")


async def test_a_quote_is_taken_back(
    client: Client, shop: Shop, tx: AsyncConnection, tenant: UUID
) -> None:
    await limit(client)
    quote_id = await quoted(client, shop)
    assert (await client.delete(f"/quotes/{quote_id}")).status_code == 204
    assert (await client.post(f"/quotes/{quote_id}/restore")).status_code == 200
    await move(client, quote_id, "submit")
    refused = await client.delete(f"/quotes/{quote_id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "QUOTE_IN_APPROVAL")
    assert await move(client, quote_id, "withdraw") == (200, "DRAFT")
    assert await move(client, quote_id, "withdraw") == (200, "DRAFT")
    assert [row.status for row in await requests_of(tx)] == ["WITHDRAWN"]
    await answer(tx, tenant, "APPROVED")
    assert (await client.get(f"/quotes/{quote_id}")).json()["status"] == "DRAFT"


@pytest.fixture
def mode(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    monkeypatch.setenv("L2C_APPROVALS", request.param)
    approval_mode.cache_clear()
    yield request.param
    approval_mode.cache_clear()


@pytest.mark.parametrize(
    ("mode", "status"), [("PASS", "APPROVED"), ("REFUSE", "DRAFT")], indirect=["mode"]
)
async def test_without_desk_a_setting_answers_and_the_history_says_so(
    client: Client, shop: Shop, mode: str, status: str
) -> None:
    await limit(client)
    quote_id = await quoted(client, shop)
    assert await move(client, quote_id, "submit") == (200, status)
    [entry] = (await client.get(f"/quotes/{quote_id}/approvals")).json()["items"]
    assert (entry["without_desk"], entry["ended_by"]) == (True, None)
    assert entry["status"] == ("APPROVED" if mode == "PASS" else "REJECTED")


async def test_rules_are_explained_and_tried(client: Client, shop: Shop) -> None:
    await limit(client)
    quote_id = await quoted(client, shop)
    path = f"/quotes/{quote_id}/rule-sets/quote_approval/explanation"
    explained = (await client.get(path)).json()
    assert [row["verdict"] for row in explained["rows"]] == ["COUNTED"]
    condition = {"field": "amount", "operator": "GT", "value": "1000000"}
    rules = {"hit_policy": "COLLECT", "rows": [{"id": "large", "condition": condition}]}
    tried = await client.post("/rule-sets/quote_approval/dry-run", json={"rules": rules})
    assert (tried.status_code, tried.json()["records"]) == (200, 1)


async def test_answers_amendments_and_withdrawals_at_once_have_one_end(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        shop = await open_shop(tx)
    await limit(committed_client)
    ends = Counter[str]()

    async def arrive() -> None:
        async with committed.worker.begin(tenant) as tx:
            await answer(tx, tenant, "APPROVED")

    for _ in range(5):
        quote_id = await quoted(committed_client, shop)
        await move(committed_client, quote_id, "submit")
        await asyncio.gather(
            arrive(), arrive(), move(committed_client, quote_id, "withdraw"), arrive()
        )
        async with committed.app.begin(tenant) as tx:
            request = (await requests_of(tx))[-1]
        status = (await committed_client.get(f"/quotes/{quote_id}")).json()["status"]
        assert (request.status, status) in {("APPROVED", "APPROVED"), ("WITHDRAWN", "DRAFT")}
        assert request.version == 2  # it ended once
        ends[request.status] += 1
    assert sum(ends.values()) == 5
