"""A lead becomes some of the records only, or uses an account and a contact that exist."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.mtl.events import LeadConverted
from kernel.ids import new_id
from l2o.accounts.store import accounts
from l2o.contacts.store import contacts
from l2o.conversions.handlers import on_lead_converted
from l2o.opportunities.store import opportunities
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import add_account, add_contact, lead_converted, make_lead
from testkit.plugin import PublishedFacts


async def counts(tx: AsyncConnection) -> list[int]:
    """Return how many accounts, contacts and opportunities there are."""
    tables = (accounts, contacts, opportunities)
    return [
        (await tx.execute(select(func.count()).select_from(table))).scalar_one() for table in tables
    ]


async def outcome(
    tx: AsyncConnection, published: PublishedFacts, event: LeadConverted
) -> tuple[str, str | None]:
    await on_lead_converted(tx, event, meta())
    answer = (await published())[-1]
    return answer.type, answer.payload.get("reason")


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (("ACCOUNT",), [1, 0, 0]),
        (("ACCOUNT", "CONTACT"), [1, 1, 0]),
        (("ACCOUNT", "OPPORTUNITY"), [1, 0, 1]),
        (("ACCOUNT", "CONTACT", "OPPORTUNITY"), [1, 1, 1]),
    ],
)
async def test_only_the_records_that_the_lead_becomes_are_created(
    client: AsyncClient,
    tx: AsyncConnection,
    published: PublishedFacts,
    records: tuple[str, ...],
    expected: list[int],
) -> None:
    event = lead_converted(records=records)
    assert (await outcome(tx, published, event))[0] == "l2o.conversion.completed.v1"
    assert await counts(tx) == expected
    if "OPPORTUNITY" in records:
        opportunity = (await client.get(f"/opportunities/{event.opportunity_id}")).json()
        contact_id = str(event.contact_id) if "CONTACT" in records else None
        assert opportunity["contact_id"] == contact_id


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (("ACCOUNT", "CONTACT"), [1, 2, 0]),
        (("ACCOUNT", "OPPORTUNITY"), [1, 1, 1]),
    ],
)
async def test_an_existing_account_gets_what_the_lead_becomes(
    tx: AsyncConnection,
    published: PublishedFacts,
    records: tuple[str, ...],
    expected: list[int],
) -> None:
    account = await add_account(tx)
    await add_contact(tx, account.id, name="李雷")
    event = lead_converted(existing_account=account.id, records=records)
    assert (await outcome(tx, published, event))[0] == "l2o.conversion.completed.v1"
    assert await counts(tx) == expected


async def test_an_existing_contact_is_the_contact_of_the_opportunity(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    account = await add_account(tx)
    contact = await add_contact(tx, account.id, name="李雷")
    event = lead_converted(
        existing_account=account.id, contact_id=contact.id, existing_contact=True
    )
    assert (await outcome(tx, published, event))[0] == "l2o.conversion.completed.v1"
    assert await counts(tx) == [1, 1, 1]
    opportunity = (await client.get(f"/opportunities/{event.opportunity_id}")).json()
    assert opportunity["contact_name"] == "李雷"


async def test_an_existing_account_and_contact_need_no_new_record(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    account = await add_account(tx)
    contact = await add_contact(tx, account.id)
    event = lead_converted(
        existing_account=account.id,
        contact_id=contact.id,
        existing_contact=True,
        records=("ACCOUNT", "CONTACT"),
    )
    assert (await outcome(tx, published, event))[0] == "l2o.conversion.completed.v1"
    assert await counts(tx) == [1, 1, 0]


@pytest.mark.parametrize("whose", ["nobody's", "another account's", "deleted"])
async def test_a_contact_that_the_account_does_not_have_is_rejected(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts, whose: str
) -> None:
    account, other = await add_account(tx), await add_account(tx, name="别的公司")
    contact_id = new_id()
    if whose != "nobody's":
        owner = other if whose == "another account's" else account
        contact_id = (await add_contact(tx, owner.id)).id
    if whose == "deleted":
        assert (await client.delete(f"/contacts/{contact_id}")).status_code == 204
    event = lead_converted(
        existing_account=account.id, contact_id=contact_id, existing_contact=True
    )
    assert await outcome(tx, published, event) == (
        "l2o.conversion.rejected.v1",
        "CONTACT_NOT_FOUND",
    )
    assert (await counts(tx))[2] == 0


FIELDS: dict[str, Any] = {
    "account_fields": {
        "name": "远景科技",
        "phone": "+862164372345",
        "industry": "软件",
        "country": "CN",
        "employees": 120,
    },
    "contact_fields": {
        "name": "王芳",
        "title": "信息化主管",
        "phone": "+8613800138000",
        "email": "wang.fang@example.com",
    },
    "opportunity_fields": {
        "amount": {"amount": "120000.00", "currency": "CNY"},
        "expected_close_date": "2027-03-31",
    },
}


async def test_records_get_the_fields_of_the_event(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    event = lead_converted(**FIELDS)
    await on_lead_converted(tx, event, meta())
    account = (await client.get(f"/accounts/{event.account_id}")).json()
    assert account.items() >= FIELDS["account_fields"].items()
    contact = (await client.get(f"/contacts/{event.contact_id}")).json()
    assert contact.items() >= FIELDS["contact_fields"].items()
    opportunity = (await client.get(f"/opportunities/{event.opportunity_id}")).json()
    assert opportunity.items() >= FIELDS["opportunity_fields"].items()
    assert opportunity["name"] == "CRM 项目"


@pytest.mark.parametrize(
    ("record", "fields", "label"),
    [
        (
            "account",
            {"name": "远景", "employees": -1},
            ("客户的员工人数", "employees of the account"),
        ),
        ("contact", {"name": "王芳", "email": "no mail"}, ("联系人的邮箱", "email of the contact")),
        (
            "contact",
            {"name": "A", "phone": "12"},
            ("联系人的电话", "phone number of the contact"),
        ),
        (
            "opportunity",
            {"amount": {"amount": "-1", "currency": "CNY"}},
            ("商机的金额", "amount of the opportunity"),
        ),
        (
            "contact",
            {"name": "王芳", "custom_fields": {"unknown": "1"}},
            ("联系人的unknown", "unknown of the contact"),
        ),
    ],
)
async def test_a_wrong_field_rejects_the_conversion_and_creates_nothing(
    tx: AsyncConnection,
    published: PublishedFacts,
    record: str,
    fields: dict[str, Any],
    label: tuple[str, str],
) -> None:
    given: dict[str, Any] = {f"{record}_fields": fields}
    event = lead_converted(**given)
    await on_lead_converted(tx, event, meta())
    [answer] = await published()
    assert answer.type == "l2o.conversion.rejected.v1"
    assert answer.payload["reason"] == "CONVERSION_FIELDS_INVALID"
    assert answer.payload["fields"] == [{"zh": label[0], "en": label[1]}]
    assert await counts(tx) == [0, 0, 0]


async def test_mapped_custom_fields_go_before_those_of_equal_keys(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    field = {"resource": "l2o.account", "key": "colour", "type": "TEXT"}
    labels = {"label_zh": "颜色", "label_en": "Colour"}
    assert (await client.post("/custom-fields", json={**field, **labels})).status_code == 201
    event = lead_converted(
        lead=make_lead(custom_fields={"colour": "red"}),
        account_fields={"name": "远景", "custom_fields": {"colour": "blue"}},
    )
    await on_lead_converted(tx, event, meta())
    account = (await client.get(f"/accounts/{event.account_id}")).json()
    assert account["custom_fields"] == {"colour": "blue"}


async def test_an_account_has_the_code_the_site_and_the_region_of_its_lead(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    lead = make_lead(
        uscc="91110000600037341L",
        website="https://www.example.com",
        region_code="330106",
        company_size="FROM_100",
    )
    event = lead_converted(lead=lead)
    await on_lead_converted(tx, event, meta())
    account = (await client.get(f"/accounts/{event.account_id}")).json()
    assert (account["uscc"], account["website"]) == (lead.uscc, lead.website)
    assert (account["region_name"], account["company_size"]) == ("浙江省杭州市西湖区", "FROM_100")
    assert account["kinds"] == ["PROSPECT"]
