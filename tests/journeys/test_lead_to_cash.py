"""The journey from a lead to a paid order, and the conversion of leads."""

from sqlalchemy import text

from deploy.demo import report
from testkit import tokens
from tests.journeys.steps import (
    cny,
    convert_lead,
    create_accepted_quote,
    create_price_book,
    create_qualified_lead,
)
from tests.journeys.world import World


async def test_a_lead_becomes_a_fully_paid_order(world: World) -> None:
    book = await create_price_book(world)
    lead = await create_qualified_lead(world, phone="138 0013 8000", email="Wang.Fang@Example.com")
    operation = await convert_lead(world, lead)
    assert operation["status"] == "SUCCEEDED"
    ids = operation["result"]

    account = await world.get(f"/l2o/v1/accounts/{ids['account_id']}")
    contact = await world.get(f"/l2o/v1/contacts/{ids['contact_id']}")
    opportunity = await world.get(f"/l2o/v1/opportunities/{ids['opportunity_id']}")
    assert (account["name"], account["lead_id"]) == ("上海测试有限公司", lead["id"])
    assert (contact["phone"], contact["email"]) == ("+8613800138000", "wang.fang@example.com")
    assert (opportunity["stage"], opportunity["account_id"]) == ("FIRST_CONTACT", account["id"])

    quote = await create_accepted_quote(world, opportunity["id"], book)
    totals = [quote[name]["amount"] for name in ("net_total", "tax_total", "gross_total")]
    assert totals == ["10297.04", "1338.62", "11635.66"]
    await world.deliver_events()

    [order] = await world.items("/rms/v1/orders")
    assert (order["quote_id"], order["status"]) == (quote["id"], "OPEN")
    order = await world.post(f"/rms/v1/orders/{order['id']}/confirm")
    await world.deliver_events()
    opportunity = await world.get(f"/l2o/v1/opportunities/{opportunity['id']}")
    assert (opportunity["stage"], opportunity["order_id"]) == ("WON", order["id"])

    order = await world.get(f"/rms/v1/orders/{order['id']}")
    first = {"line_id": order["lines"][0]["id"], "quantity": "5"}
    await world.post(f"/rms/v1/orders/{order['id']}/shipments", {"lines": [first]})
    assert (await world.get(f"/rms/v1/orders/{order['id']}"))["status"] == "PARTLY_SHIPPED"
    await world.post(f"/rms/v1/orders/{order['id']}/shipments")
    assert (await world.get(f"/rms/v1/orders/{order['id']}"))["status"] == "SHIPPED"

    receivables = await world.items(f"/rms/v1/receivables?order_id={order['id']}")
    # 5/12 of 11593.80 is 4830.75; the remaining servers and the cable are 6804.91.
    assert sorted(r["amount"]["amount"] for r in receivables) == ["4830.75", "6804.91"]
    payment = await world.post(
        "/rms/v1/payments",
        {
            "account_id": account["id"],
            "bank_reference": "ICBC-1",
            "amount": cny("11700.00"),
            "received_date": "2026-11-22",
        },
    )
    await world.post(f"/rms/v1/payments/{payment['id']}/allocations", {"strategy": "OLDEST_FIRST"})
    payment = await world.get(f"/rms/v1/payments/{payment['id']}")
    assert (payment["status"], payment["unallocated"]) == ("PARTLY_ALLOCATED", cny("64.34"))
    settled = await world.items(f"/rms/v1/receivables?order_id={order['id']}")
    assert {r["status"] for r in settled} == {"SETTLED"}

    await world.deliver_events()
    account_totals = await world.get(f"/l2o/v1/accounts/{account['id']}/totals")
    assert account_totals["totals"] == [
        {
            "currency": "CNY",
            "open": cny("0.00"),
            "won": cny("0.00"),
            "ordered": cny("11635.66"),
            "shipped": cny("11635.66"),
            "received": cny("11700.00"),
            "owed": cny("0.00"),
            "overdue": cny("0.00"),
        }
    ]
    await assert_everything_is_consumed(world)
    assert await failed_equations(world) == []
    async with world.workers["rms"].begin(world.tenant) as tx:
        await tx.execute(text("UPDATE receivables SET allocated = allocated - 1"))
    assert await failed_equations(world) == ["allocated_is_the_same_everywhere"]


async def failed_equations(world: World) -> list[str]:
    """Return the reconciliation equations that do not hold."""
    rows = await report.money(world)
    assert rows
    return [name for row in rows for name, holds in row.items() if holds is False]


async def assert_everything_is_consumed(world: World) -> None:
    """Check that every subscriber counted each published event, and that none is parked."""
    for row in await report.events(world):
        assert (row["consumed"], row["parked"]) == (row["published"], 0), row


async def test_the_report_detects_a_subscriber_that_misses_events(world: World) -> None:
    await world.post("/l2o/v1/accounts", {"name": "老客户"})
    await world.deliver_events()
    report_before = {"money": await report.money(world), "events": await report.events(world)}
    assert report.all_well(report_before)
    async with world.workers["rms"].begin(world.tenant) as tx:
        await tx.execute(text("DELETE FROM consumer_counts WHERE subscription = 'rms.accounts'"))
    [missing] = [row for row in await report.events(world) if not row["equal"]]
    assert (missing["subscription"], missing["consumed"]) == ("rms.accounts", 0)
    assert not report.all_well({"money": [], "events": [missing]})


async def test_a_conversion_answers_202_until_events_are_delivered(world: World) -> None:
    lead = await create_qualified_lead(world)
    path = f"/mtl/v1/leads/{lead['id']}/convert"
    waiting = await world.post(path, expect=202)
    await world.deliver_events()
    done = await world.get(f"/mtl/v1/operations/{waiting['id']}")
    assert (done["status"], done["result"]) == ("SUCCEEDED", waiting["result"])
    repeated = await world.post(path, expect=200)
    assert (repeated["id"], repeated["result"]) == (waiting["id"], waiting["result"])


async def test_what_follows_from_a_request_names_its_caller_in_every_service(world: World) -> None:
    lead = await create_qualified_lead(world)
    ids = (await convert_lead(world, lead))["result"]
    from_lead = {"resource": "mtl.lead", "id": lead["id"]}
    for path in (
        f"/l2o/v1/accounts/{ids['account_id']}",
        f"/l2o/v1/contacts/{ids['contact_id']}",
        f"/l2o/v1/opportunities/{ids['opportunity_id']}",
    ):
        *_, created = await world.items(f"{path}/audit")
        assert (created["actor"], created["origin_record"]) == (tokens.CALLER, from_lead)


async def test_a_lead_is_converted_into_an_existing_account(world: World) -> None:
    account = await world.post("/l2o/v1/accounts", {"name": "老客户"})
    operation = await convert_lead(
        world, await create_qualified_lead(world), account_id=account["id"]
    )
    assert operation["result"]["account_id"] == account["id"]
    assert len(await world.items("/l2o/v1/accounts")) == 1


async def test_a_rejected_conversion_reopens_the_lead(world: World) -> None:
    lead = await create_qualified_lead(world)
    unknown = "01990000-0000-7000-8000-000000000099"
    path = f"/mtl/v1/leads/{lead['id']}/convert"
    operation = await world.post(path, {"account_id": unknown}, expect=202)
    await world.deliver_events()
    failed = await world.get(f"/mtl/v1/operations/{operation['id']}")
    assert (failed["status"], failed["problem"]["code"]) == ("FAILED", "ACCOUNT_NOT_FOUND")
    assert (await world.get(f"/mtl/v1/leads/{lead['id']}"))["status"] == "SQL"
    repeated = await convert_lead(world, lead)
    assert repeated["status"] == "SUCCEEDED"
    assert repeated["id"] != operation["id"]
