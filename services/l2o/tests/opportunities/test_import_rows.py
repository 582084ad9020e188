"""Rows of account and opportunity files: corrections, warnings, refusals and updates."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.money import Money
from l2o.opportunities.domain import Stage
from services.l2o.tests.factories import add_account, add_opportunity
from services.l2o.tests.importing import (
    add_person,
    add_product,
    counts,
    findings,
    finish_import,
)
from testkit.plugin import Client, PublishedFacts

HEADER = (
    "opportunity_id,account,sales_agent,product,deal_stage,engage_date,close_date,close_value\n"
)


async def import_rows(
    client: Client, tx: AsyncConnection, tenant: UUID, *rows: str, header: str = HEADER
) -> dict[str, Any]:
    content = (header + "\n".join(rows) + "\n").encode()
    return await finish_import(client, tx, tenant, "l2o.opportunity", content)


async def get_imported(client: Client, external_id: str) -> dict[str, Any]:
    answer = await client.get(f"/opportunities/by-external-id/import/{external_id}")
    assert answer.status_code == 200, answer.text
    opportunity: dict[str, Any] = answer.json()
    return opportunity


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("1,,,,Won,2016-10-20,2017-03-01,5", [("account", "ACCOUNT_MISSING")]),
        (
            "1,,,,Won,20.10.2016,,5",
            [("account", "ACCOUNT_MISSING"), ("engage_date", "DATE_INVALID")],
        ),
        ("1,Nobody,,,Won,2016-10-20,2017-03-01,5", [("account", "ACCOUNT_UNKNOWN")]),
        ("1,Twin,,,Won,2016-10-20,2017-03-01,5", [("account", "ACCOUNT_AMBIGUOUS")]),
        (",Acme,,,Won,2016-10-20,2017-03-01,5", [("opportunity_id", "REQUIRED")]),
        ("1,Acme,,,Dreaming,2016-10-20,,5", [("deal_stage", "VALUE_UNKNOWN")]),
        ("1,Acme,,,Won,2016-10-20,,5", [("close_date", "CLOSE_DATE_MISSING")]),
        ("1,Acme,,,Lost,2016-10-20,2016-10-19,5", [("close_date", "CLOSED_BEFORE_ENGAGED")]),
        ("1,Acme,,,Won,2016-10-20,2017-03-01,five", [("close_value", "DECIMAL_STRING_INVALID")]),
        ("1,Acme,,,Won,2016-10-20,2017-03-01,-5", [("close_value", "TOO_SMALL")]),
        ("1,Acme,,,Won,2016-10-20,2017-03-01,5.001", [("close_value", "AMOUNT_TOO_PRECISE")]),
        ("1,Acme,,,Won,2016-10-20,2017-03-01", [(None, "ROW_CELLS")]),
        (f"{'1' * 201},Acme,,,,2016-10-20,,5", [("opportunity_id", "TOO_LONG")]),
    ],
)
async def test_invalid_rows_are_refused(
    client: Client,
    tx: AsyncConnection,
    tenant: UUID,
    published: PublishedFacts,
    row: str,
    expected: list[tuple[str | None, str]],
) -> None:
    for name in ("Acme", "Twin", "Twin"):
        await add_account(tx, name=name)
    ended = await import_rows(client, tx, tenant, row)
    assert ended["counts"] == counts(refused=1)
    assert await findings(client, ended["id"], "refusals") == {2: expected}
    assert [event.type for event in await published()] == ["l2o.import.finished.v1"]


async def test_corrections_and_omissions_are_warnings(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await add_account(tx, name="Acme")
    product = await add_product(tx, "GTX Pro", sku="GTXPRO")
    agent = await add_person(tx, "Moses Frase")
    for _ in range(2):
        await add_person(tx, "Li Na")
    await add_person(tx, "Gone", active=False)
    for sku in ("T1", "T2"):
        await add_product(tx, "Twin", sku=sku)
    ended = await import_rows(
        client,
        tx,
        tenant,
        "1,Acme,Moses Frase,GTX Pro,Engaging,2016-10-20,,5",
        "2,Acme,Moses Frase,gtx  pro,Engaging,2016-10-20,2017-01-01,",
        "3,Acme,Li Na,,,,,",
        "4,Acme,Gone,GTXPRO,赢单,2016-10-20,2017-03-01,5",
        "5,Acme,,GTX 9000,,,,",
        "6,Acme,,Twin,,,,",
    )
    assert ended["counts"] == counts(created=4, refused=2, with_warnings=3)
    refusals = await findings(client, ended["id"], "refusals")
    assert refusals == {
        6: [("product", "PRODUCT_UNKNOWN")],
        7: [("product", "REFERENCE_AMBIGUOUS")],
    }
    assert await findings(client, ended["id"]) == {
        3: [("product", "PRODUCT_CORRECTED")],
        4: [
            ("engage_date", "ENGAGE_DATE_MISSING"),
            ("sales_agent", "OWNER_AMBIGUOUS"),
        ],
        5: [("sales_agent", "ROW_OWNER_NOT_ACTIVE")],
    }
    first, second, third, fourth = [await get_imported(client, str(n)) for n in range(1, 5)]
    assert (first["product_id"], first["owner_id"]) == (str(product), agent)
    assert (second["product_id"], second["expected_close_date"]) == (str(product), "2017-01-01")
    assert (third["product_id"], third["stage"]) == (None, "FIRST_CONTACT")
    assert third["owner_id"] == fourth["owner_id"] == "01990000-0000-7000-8000-000000000001"
    assert (fourth["product_id"], fourth["stage"]) == (str(product), "WON")


async def test_a_later_file_updates_opportunities(
    client: Client, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    await add_account(tx, name="Acme")
    await add_account(tx, name="Other")
    await import_rows(
        client, tx, tenant, *(f"{n},Acme,,,Engaging,2016-10-20,,5" for n in range(1, 6))
    )
    won = (await get_imported(client, "4"))["id"]
    assert (await client.post(f"/opportunities/{won}/win")).status_code == 200
    deleted = (await get_imported(client, "5"))["id"]
    assert (await client.delete(f"/opportunities/{deleted}")).status_code == 204
    before = len(await published())
    ended = await import_rows(
        client,
        tx,
        tenant,
        "1,Acme,,,Won,2016-10-20,2017-03-01,7",
        "2,Acme,,,Lost,2016-10-20,2017-03-01,",
        "3,Other,,,Prospecting,2016-10-20,,6",
        "4,Acme,,,Engaging,2016-10-20,,5",
        "5,Acme,,,Won,2016-10-20,2017-03-01,7",
    )
    assert ended["counts"] == counts(updated=2, unchanged=2, refused=1, with_warnings=2)
    assert await findings(client, ended["id"]) == {
        5: [(None, "STAGE_KEPT")],
        6: [(None, "OPPORTUNITY_DELETED")],
    }
    events = (await published())[before:]
    assert [(event.type.split(".")[2], event.sequence) for event in events[:-1]] == [
        ("won", 2),
        ("lost", 2),
    ]
    refusals = await findings(client, ended["id"], "refusals")
    assert refusals == {4: [("account", "ACCOUNT_FIXED")]}
    first, second = await get_imported(client, "1"), await get_imported(client, "2")
    assert (first["stage"], first["amount"]["amount"]) == ("WON", "7.00")
    assert (first["closed_date"], first["closed_at"]) == ("2017-03-01", "2017-02-28T16:00:00Z")
    assert (second["stage"], second["amount"]["amount"]) == ("LOST", "5.00")
    changes = (await client.get(f"/opportunities/{first['id']}/stage-changes")).json()["items"]
    assert [change["to_stage"] for change in changes] == ["WON", "SOLUTION"]


async def test_a_repeated_row_updates_the_opportunity_of_the_first(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await add_account(tx, name="Acme")
    row = "1,Acme,,,Engaging,2016-10-20,,5"
    ended = await import_rows(client, tx, tenant, row, row, "1,Acme,,,Won,2016-10-20,2017-03-01,5")
    assert ended["counts"] == counts(created=1, unchanged=1, updated=1)
    assert (await get_imported(client, "1"))["stage"] == "WON"


async def test_a_file_may_give_names_and_currencies(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    await add_account(tx, name="Acme")
    header = "商机编号,客户,商机名称,金额,币种,engage_date\n"
    row = "S-1,Acme,2027 年度采购,1200,JPY,2016-10-20"
    await import_rows(client, tx, tenant, row, header=header)
    opportunity = await get_imported(client, "S-1")
    assert (opportunity["name"], opportunity["amount"]) == (
        "2027 年度采购",
        {"amount": "1200", "currency": "JPY"},
    )
    ended = await import_rows(client, tx, tenant, row.replace("2027", "2028"), header=header)
    assert ended["counts"] == counts(updated=1)
    assert (await get_imported(client, "S-1"))["name"] == "2028 年度采购"


async def test_a_dry_run_stores_nothing(client: Client, tx: AsyncConnection, tenant: UUID) -> None:
    await add_account(tx, name="Acme")
    content = (HEADER + "1,Acme,,,Engaging,2016-10-20,,5\n").encode()
    ended = await finish_import(client, tx, tenant, "l2o.opportunity", content, dry_run=True)
    assert ended["counts"] == counts(created=1)
    assert (await client.get("/opportunities")).json()["items"] == []
    assert (await client.get("/opportunities/by-external-id/import/1")).status_code == 404


async def test_accounts_are_imported_with_custom_fields(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    field = {"resource": "l2o.account", "key": "tier", "type": "CHOICE", "label_zh": "等级"}
    choices = [{"value": "A", "label_zh": "甲", "label_en": "First"}]
    body = {**field, "label_en": "Tier", "choices": choices}
    assert (await client.post("/custom-fields", json=body)).status_code == 201
    file = "account,等级\nNew,甲\nWrong,丙\n".encode()
    ended = await finish_import(client, tx, tenant, "l2o.account", file)
    assert ended["counts"] == counts(created=1, refused=1)
    assert await findings(client, ended["id"], "refusals") == {3: [("等级", "VALUE_UNKNOWN")]}
    [account] = (await client.get("/accounts")).json()["items"]
    assert account["custom_fields"] == {"tier": "A"}
    again = await finish_import(client, tx, tenant, "l2o.account", b"account,Tier\nNew,A\n")
    assert again["counts"] == counts(unchanged=1)


async def test_accounts_are_imported_with_parents_in_any_order(
    client: Client, tx: AsyncConnection, tenant: UUID, published: PublishedFacts
) -> None:
    content = (
        "account,sector,revenue,office_location,subsidiary_of\n"
        "Child,technolgy,12.345678,中国,Top\n"
        "Top,retail,,Korea,\n"
        "Lost,retail,,US,Nobody\n"
        "Loop,,,United Kingdom,Loop\n"
        ",retail,,,\n"
        "Bad,retail,much,,\n"
        "Nowhere,retail,,Atlantis,\n"
        "No code,retail,,ZZ,\n"
    ).encode()
    ended = await finish_import(client, tx, tenant, "l2o.account", content)
    assert ended["counts"] == counts(created=4, refused=4, with_warnings=4)
    assert await findings(client, ended["id"]) == {
        2: [("sector", "SECTOR_CORRECTED")],
        3: [("office_location", "COUNTRY_CORRECTED")],
        4: [("subsidiary_of", "PARENT_UNKNOWN")],
        5: [(None, "ACCOUNT_CYCLE")],
    }
    assert await findings(client, ended["id"], "refusals") == {
        6: [("account", "REQUIRED")],
        7: [("revenue", "DECIMAL_STRING_INVALID")],
        8: [("office_location", "COUNTRY_UNKNOWN")],
        9: [("office_location", "COUNTRY_UNKNOWN")],
    }
    accounts = {item["name"]: item for item in (await client.get("/accounts")).json()["items"]}
    child, top = accounts["Child"], accounts["Top"]
    assert (child["parent_id"], child["country"], child["version"]) == (top["id"], "CN", 2)
    assert child["industry"] == "technology"
    assert child["annual_revenue"] == {"amount": "12345678.00", "currency": "USD"}
    event_count = len(await published())
    again = await finish_import(client, tx, tenant, "l2o.account", content)
    assert again["counts"] == counts(unchanged=4, refused=4, with_warnings=4)
    assert len(await published()) == event_count + 1


async def test_an_import_does_not_change_the_stage_of_a_won_opportunity(
    client: Client, tx: AsyncConnection, tenant: UUID
) -> None:
    account = await add_account(tx, name="Acme")
    won = await add_opportunity(
        tx, account_id=account.id, stage=Stage.WON, amount=Money.of("1", "CNY")
    )
    external_id = {"system": "import", "external_id": "1"}
    linked = await client.post(f"/opportunities/{won.id}/external-ids", json=external_id)
    assert linked.status_code == 201, linked.text
    ended = await import_rows(client, tx, tenant, "1,Acme,,,Lost,2016-10-20,2017-03-01,2")
    assert ended["counts"] == counts(updated=1, with_warnings=1)
    opportunity = await get_imported(client, "1")
    assert (opportunity["stage"], opportunity["amount"]["amount"]) == ("WON", "2.00")
