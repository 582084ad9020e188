"""The timeline of an account: what it shows, pages, filters, counts, languages, and to whom."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.mtl.events import TrailEntryState
from kernel.ids import new_id
from l2o.conversions.handlers import on_lead_converted
from l2o.timelines.actions import add_entry
from l2o.timelines.domain import EventOrigin
from services.l2o.tests.activities.calling import (
    SELLER,
    account,
    opportunity,
    read,
    record,
    violations,
)
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import NOON, lead_converted
from services.l2o.tests.timelines.histories import SALE, sale
from testkit.directory import Company, directory_id, sign_in

ZH = {"Accept-Language": "zh-CN"}


async def sell(tx: AsyncConnection, account_id: str, opportunity_id: str) -> None:
    """Add a whole sale to the timeline of an account."""
    for one in sale(UUID(account_id), UUID(opportunity_id)):
        origin = EventOrigin(
            event_id=new_id(),
            aggregate_id=one.aggregate_id,
            epoch=1,
            sequence=one.sequence,
            occurred_at=one.at,
            actor=str(directory_id("li")),
        )
        await add_entry(tx, one.event, origin)


async def timeline(client: AsyncClient, account_id: str, query: str = "", **options: Any) -> Any:
    return await read(client, f"/accounts/{account_id}/timeline{query}", **options)


def titles(page: Any) -> list[str]:
    return [one["title"] for one in page["items"]]


async def test_activities_and_stages_are_told_in_the_language_of_the_caller(
    client: AsyncClient,
) -> None:
    account_id = await account(client)
    deal = await opportunity(client, account_id)
    await client.post(f"/opportunities/{deal}/move", json={"stage": "QUOTATION"})
    await client.post(f"/opportunities/{deal}/lose", json={"reason": "预算被砍"})
    call = await record(client, account_id, result="POSITIVE", subject="谈预算")
    gone = await record(client, account_id, kind="NOTE", subject="写错了")
    await client.delete(f"/activities/{gone['id']}")
    page = await timeline(client, account_id)
    assert titles(page) == [
        "Opportunity “2027 年度采购” went from “Quotation” to “Lost”: 预算被砍",
        "Opportunity “2027 年度采购” went from “First contact” to “Quotation”",
        "Opportunity “2027 年度采购” opened at “First contact”",
        "Note",
        "Call, Positive: 谈预算",
    ]
    assert titles(await timeline(client, account_id, headers=ZH)) == [
        "商机“2027 年度采购”由“报价”变为“输单”：预算被砍",
        "商机“2027 年度采购”由“初步接洽”变为“报价”",
        "商机“2027 年度采购”开始于“初步接洽”",
        "备注",
        "电话，积极：谈预算",
    ]
    deleted, last = page["items"][3:]
    assert (deleted["mark"], deleted["record_id"]) == ("DELETED", gone["id"])
    assert (last["resource"], last["record_id"]) == ("l2o.activity", call["id"])
    assert (last["actor"], last["mark"], last["amount"]) == (call["owner_id"], None, None)


async def test_documents_show_amounts_names_and_texts_in_chinese(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await Company(tx).build()
    account_id = await account(client)
    deal = await opportunity(client, account_id)
    await sell(tx, account_id, deal)
    page = await timeline(client, account_id, "?kind__in=QUOTE,ORDER,SHIPMENT,RECEIVABLE,PAYMENT")
    assert titles(page) == [title for title, _, _ in SALE]
    assert {one["actor_name"] for one in page["items"]} == {"li"}
    assert page["items"][0]["amount"] == {"amount": "50.00", "currency": "CNY"}
    orders = await timeline(client, account_id, "?kind__in=ORDER", headers=ZH)
    assert titles(orders) == ["订单 SO-2026-000001 已确认", "订单 SO-2026-000001 已创建"]


async def test_the_lead_that_became_the_account_is_told_first(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    entry = TrailEntryState(
        entry_id=new_id(),
        source="FOLLOW_UP",
        at=NOON,
        actor=None,
        title_zh="电话：有意向",
        title_en="Call: Interested",
        text="下周来访",
    )
    event = lead_converted(trail=(entry,))
    await on_lead_converted(tx, event, meta())
    page = await timeline(client, str(event.account_id), "?kind__in=LEAD")
    assert titles(page) == ["Call: Interested: 下周来访"]
    zh = await timeline(client, str(event.account_id), "?kind__in=LEAD", headers=ZH)
    assert titles(zh) == ["电话：有意向：下周来访"]
    assert page["items"][0]["resource"] == "mtl.lead"


@pytest.mark.parametrize("limit", [1, 3, 7])
async def test_pages_have_every_entry_once(
    client: AsyncClient, tx: AsyncConnection, limit: int
) -> None:
    account_id = await account(client)
    deal = await opportunity(client, account_id)
    await sell(tx, account_id, deal)
    for _ in range(3):  # of the same instant
        await record(client, account_id, at="2026-11-05T02:00:00Z")
    whole = (await timeline(client, account_id, "?limit=200"))["items"]
    assert len(whole) == len(SALE) + 1 + 3
    found: list[Any] = []
    cursor: str | None = ""
    while cursor is not None:
        rest = f"&cursor={cursor}" if cursor else ""
        page = await timeline(client, account_id, f"?limit={limit}{rest}")
        found += page["items"]
        cursor = page["next_cursor"]
    assert found == whole


async def test_kinds_are_counted_within_the_time_that_is_asked_for(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account_id = await account(client)
    deal = await opportunity(client, account_id)
    await sell(tx, account_id, deal)
    await record(client, account_id, at="2026-11-02T01:00:00Z")
    page = await timeline(client, account_id, "?kind__in=PAYMENT&count_by=kind")
    assert len(page["items"]) == 3
    assert {one["kind"]: one["count"] for one in page["counts"]} == {
        "LEAD": 0,
        "ACTIVITY": 1,
        "OPPORTUNITY": 1,
        "QUOTE": 5,
        "ORDER": 2,
        "SHIPMENT": 1,
        "RECEIVABLE": 3,
        "PAYMENT": 3,
    }
    days = "?at__gte=2026-11-02T01:00:00Z&at__lt=2026-11-02T02:00:00Z&count_by=kind"
    page = await timeline(client, account_id, days)
    assert titles(page) == ["Call"]
    assert sum(one["count"] for one in page["counts"]) == 1


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("?kind__in=FAX", "?kind__in.0"),
        ("?at__gte=yesterday", "?at__gte"),
        ("?color=red", "?color"),
        ("?count_by=actor", "?count_by"),
        ("?cursor=x", "?cursor"),
    ],
)
async def test_wrong_parameters_are_refused(client: AsyncClient, query: str, error: str) -> None:
    refused = await client.get(f"/accounts/{await account(client)}/timeline{query}")
    assert refused.status_code == 422
    assert [pointer for pointer, _ in violations(refused)] == [error]


async def test_quotes_and_stages_are_those_of_opportunities_that_the_caller_sees(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await tx.execute(text("UPDATE tenant_settings SET separate_resources = '{l2o.opportunity}'"))
    await Company(tx).build()
    people = {name: sign_in(tenant, name, scope=SELLER) for name in Company.names}
    account_id = await account(client, headers=people["li"])
    share = f"/accounts/{account_id}/shares/PERSON/{directory_id('wang')}"
    await client.put(share, json={"access": "READ"}, headers=people["li"])
    deal = await opportunity(client, account_id, headers=people["li"])
    await sell(tx, account_id, deal)
    await record(client, account_id, people["li"], subject="谈预算")

    async def kinds(name: str, scope: str | None = None) -> set[str]:
        headers = people[name] if scope is None else sign_in(tenant, name, scope=scope)
        items = (await timeline(client, account_id, "?limit=200", headers=headers))["items"]
        return {one["kind"] for one in items}

    of_the_account = {"ACTIVITY", "ORDER", "SHIPMENT", "RECEIVABLE", "PAYMENT"}
    for name in ("li", "sun", "qian", "zhao"):
        assert await kinds(name) == {*of_the_account, "QUOTE", "OPPORTUNITY"}, name
    assert await kinds("wang") == of_the_account
    # Without the scope to read opportunities nobody sees any.
    assert await kinds("li", "l2o.account.read") == of_the_account
    hidden = await client.get(f"/accounts/{account_id}/timeline", headers=people["bei"])
    assert hidden.status_code == 404
    page = await timeline(client, account_id, "?count_by=kind", headers=people["wang"])
    counted = {one["kind"] for one in page["counts"] if one["count"]}
    assert counted == of_the_account
