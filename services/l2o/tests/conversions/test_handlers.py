"""A converted lead becomes an account, a contact and an opportunity, or is rejected."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.consumer.processing import Processor
from contracts.mtl.events import LeadConverted
from kernel.ids import new_id
from l2o.accounts.store import accounts
from l2o.contacts.store import contacts
from l2o.conversions.handlers import on_lead_converted
from l2o.conversions.store import conversions
from l2o.opportunities.store import opportunities, stage_changes
from l2o.texts import CONVERSION_LABELS
from services.l2o.tests.deliveries import CommittedRows, meta, record, subscription
from services.l2o.tests.factories import (
    NO_MASTER_DATA,
    NOT_REVIEWED,
    add_account,
    lead_converted,
    make_lead,
)
from testkit.plugin import Committed, PublishedFacts

TABLES = (accounts, contacts, opportunities, stage_changes, conversions)
EVENTS = [
    ("l2o.account.created.v1", 1),
    ("l2o.contact.created.v1", 1),
    ("l2o.opportunity.opened.v1", 1),
    ("l2o.conversion.completed.v1", 1),
]
# With the notices of the new owner, who did not convert the lead, of all three records.
ALL_EVENTS = [*EVENTS[:3], *[("l2o.work.changed.v1", 1)] * 3, EVENTS[3]]


async def test_a_conversion_creates_account_contact_and_opportunity(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    event = lead_converted()
    await on_lead_converted(tx, event, meta())
    at = "2026-11-22T04:00:00Z"
    account = (await client.get(f"/accounts/{event.account_id}")).json()
    assert account == {
        "id": str(event.account_id),
        "name": "上海测试有限公司",
        "phone": "+8613800138000",
        "parent_id": None,
        "industry": None,
        "country": None,
        "founded_year": None,
        "employees": None,
        "annual_revenue": None,
        **NO_MASTER_DATA,
        "kinds": ["PROSPECT"],
        "region_name": None,
        "custom_fields": {},
        "lead_id": str(event.lead.lead_id),
        "last_activity_at": None,
        **NOT_REVIEWED,
        "owner_id": "seller",
        "owner_name": None,
        "parent_name": None,
        "version": 1,
        "created_at": at,
        "updated_at": at,
        "deleted_at": None,
    }
    contact = (await client.get(f"/contacts/{event.contact_id}")).json()
    assert (contact["account_id"], contact["name"]) == (account["id"], "王芳")
    assert (contact["is_primary"], contact["owner_id"]) == (True, "seller")
    assert (contact["phone"], contact["email"]) == ("+8613800138000", "wang.fang@example.com")
    path = f"/opportunities/{event.opportunity_id}"
    opportunity = (await client.get(path)).json()
    assert opportunity["account_id"] == account["id"]
    assert opportunity["contact_id"] == contact["id"]
    assert opportunity["lead_id"] == account["lead_id"]
    assert (opportunity["name"], opportunity["stage"]) == ("CRM 项目", "FIRST_CONTACT")
    assert (opportunity["owner_id"], opportunity["version"]) == ("seller", 1)
    [change] = (await client.get(f"{path}/stage-changes")).json()["items"]
    assert (change["from_stage"], change["to_stage"]) == (None, "FIRST_CONTACT")
    assert change["actor"] == "manager"  # the person who converted it, not the owner
    events = await published()
    assert [(each.type, each.sequence) for each in events] == EVENTS
    assert events[-1].payload == {
        "conversion_id": str(event.conversion_id),
        "lead_id": str(event.lead.lead_id),
        "account_id": account["id"],
        "contact_id": contact["id"],
        "opportunity_id": opportunity["id"],
    }


async def test_the_converting_person_owns_the_records_of_a_lead_without_owner(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    event = lead_converted(lead=make_lead(owner_id=None))
    await on_lead_converted(tx, event, meta())
    account = (await client.get(f"/accounts/{event.account_id}")).json()
    opportunity = (await client.get(f"/opportunities/{event.opportunity_id}")).json()
    assert (account["owner_id"], opportunity["owner_id"]) == ("manager", "manager")


async def test_records_of_a_lead_without_names_are_named_by_its_external_id(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    lead = make_lead(name=None, company=None, external_id="660737")
    event = lead_converted(lead=lead)
    await on_lead_converted(tx, event, meta())
    for path in (f"/accounts/{event.account_id}", f"/contacts/{event.contact_id}"):
        assert (await client.get(path)).json()["name"] == "660737"


async def test_a_conversion_into_an_existing_account_creates_no_account(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    account = await add_account(tx, name="老客户")
    event = lead_converted(existing_account=account.id)
    await on_lead_converted(tx, event, meta())
    assert [each.type for each in await published()] == [event_type for event_type, _ in EVENTS[1:]]
    opportunity = (await client.get(f"/opportunities/{event.opportunity_id}")).json()
    contact = (await client.get(f"/contacts/{event.contact_id}")).json()
    assert opportunity["account_id"] == contact["account_id"] == str(account.id)
    [only] = (await client.get("/accounts")).json()["items"]
    assert (only["name"], only["version"], only["lead_id"]) == ("老客户", 1, None)


async def assert_rejected(
    tx: AsyncConnection, published: PublishedFacts, event: LeadConverted
) -> None:
    [answer] = await published()
    assert (answer.type, answer.sequence) == ("l2o.conversion.rejected.v1", 1)
    assert answer.payload == {
        "conversion_id": str(event.conversion_id),
        "lead_id": str(event.lead.lead_id),
        "reason": "ACCOUNT_NOT_FOUND",
        "fields": [],
    }
    row_counts = {
        table.name: (await tx.execute(select(func.count()).select_from(table))).scalar_one()
        for table in TABLES
    }
    assert row_counts == {
        "accounts": 0,
        "contacts": 0,
        "opportunities": 0,
        "stage_changes": 0,
        "conversions": 1,
    }


async def test_a_conversion_into_an_unknown_account_is_rejected(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    event = lead_converted(existing_account=new_id())
    await on_lead_converted(tx, event, meta())
    await assert_rejected(tx, published, event)
    # A repeated event does not change the outcome.
    await on_lead_converted(tx, event, meta())
    await assert_rejected(tx, published, event)


async def test_a_conversion_into_an_account_of_another_tenant_is_rejected(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    other = new_id()
    async with committed.app.begin(other) as tx:
        foreign = await add_account(tx)
    event = lead_converted(existing_account=foreign.id)
    await Processor(subscription("conversions"), committed.worker).apply([record(tenant, event)])
    assert await stored.published() == [("l2o.conversion.rejected.v1", 1)]
    assert [await stored.count(table) for table in TABLES] == [0, 0, 0, 0, 1]
    assert await CommittedRows(committed.app, other).published() == []


async def test_a_repeated_event_changes_nothing(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    event = lead_converted()
    for _ in range(3):
        await on_lead_converted(tx, event, meta())
    assert [(each.type, each.sequence) for each in await published()] == EVENTS


async def test_a_conversion_is_processed_once_under_any_event_id(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    event = lead_converted()
    lead_id = event.lead.lead_id
    first, again = (record(tenant, event, subject=lead_id) for _ in range(2))
    processor = Processor(subscription("conversions"), committed.worker)
    for records in ([first], [first], [again], [first, again]):
        await processor.apply(records)
    assert await stored.published() == ALL_EVENTS
    assert [await stored.count(table) for table in TABLES] == [1, 1, 1, 1, 1]
    assert await stored.parked() == []


async def test_a_failed_conversion_leaves_no_records(
    committed: Committed, stored: CommittedRows, tenant: UUID
) -> None:
    """The id of the opportunity exists already, so the event of the second lead is parked."""
    first = lead_converted()
    clash = lead_converted().model_copy(update={"opportunity_id": first.opportunity_id})
    valid = lead_converted()
    processor = Processor(subscription("conversions"), committed.worker)
    await processor.apply([record(tenant, event) for event in (first, clash, valid)])
    assert await stored.parked() == [("FAILED", "PARKED")]
    assert [await stored.count(table) for table in TABLES] == [2, 2, 2, 2, 2]
    assert clash.account_id not in {row["id"] for row in await stored.rows(accounts)}
    assert await stored.published() == [*ALL_EVENTS, *ALL_EVENTS]


async def _require_colour(client: AsyncClient, resource: str) -> None:
    field = {"resource": resource, "key": "colour", "type": "TEXT", "required": True}
    labels = {"label_zh": "颜色", "label_en": "Colour"}
    assert (await client.post("/custom-fields", json={**field, **labels})).status_code == 201


@pytest.mark.parametrize("resource", ["l2o.account", "l2o.contact", "l2o.opportunity"])
async def test_a_conversion_without_a_required_custom_field_is_rejected(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts, resource: str
) -> None:
    await _require_colour(client, resource)
    event = lead_converted(lead=make_lead(custom_fields={"size": "9", "colour": 7}))
    await on_lead_converted(tx, event, meta())
    [rejected] = await published()
    assert rejected.type == "l2o.conversion.rejected.v1"
    assert rejected.payload["reason"] == "CONVERSION_FIELDS_MISSING"
    record = CONVERSION_LABELS[f"ConvertedRecord.{resource.partition('.')[2].upper()}"]
    [field] = rejected.payload["fields"]
    assert field == {"zh": f"{record.zh}的颜色", "en": f"Colour of the {record.en.lower()}"}
    assert (await client.get(f"/accounts/{event.account_id}")).status_code == 404


async def test_custom_fields_of_a_lead_go_to_the_fields_of_their_keys(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await _require_colour(client, "l2o.account")
    await _require_colour(client, "l2o.opportunity")
    event = lead_converted(lead=make_lead(custom_fields={"size": "9", "colour": "red"}))
    await on_lead_converted(tx, event, meta())
    for path, fields in (
        (f"/accounts/{event.account_id}", {"colour": "red"}),
        (f"/contacts/{event.contact_id}", {}),
        (f"/opportunities/{event.opportunity_id}", {"colour": "red"}),
    ):
        assert (await client.get(path)).json()["custom_fields"] == fields
