"""A lead is converted only into an account that the converting person sees."""

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.accounts.store import accounts
from l2o.contacts.store import contacts
from l2o.conversions.handlers import on_lead_converted
from l2o.opportunities.store import opportunities
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import add_account, lead_converted
from testkit.directory import Company, directory_id, subject
from testkit.plugin import Client, PublishedFacts

REJECTED, COMPLETED = "l2o.conversion.rejected.v1", "l2o.conversion.completed.v1"


async def count_records(tx: AsyncConnection) -> list[int]:
    tables = (accounts, contacts, opportunities)
    queries = [select(func.count()).select_from(table) for table in tables]
    return [(await tx.execute(query)).scalar_one() for query in queries]


@pytest.mark.parametrize(
    ("person", "sees_all", "expected"),
    [
        ("zheng", False, COMPLETED),
        ("wu", False, COMPLETED),  # heads team B
        ("li", False, REJECTED),
        ("wang", True, COMPLETED),
        ("wang", False, REJECTED),
        (None, False, REJECTED),
    ],
)
async def test_the_converting_person_must_see_the_account(
    tx: AsyncConnection,
    published: PublishedFacts,
    person: str | None,
    sees_all: bool,
    expected: str,
) -> None:
    await Company(tx).build()
    account = await add_account(tx, owner_id=subject("zheng"))
    converted_by = None if person is None else subject(person)
    event = lead_converted(
        existing_account=account.id, converted_by=converted_by, sees_all=sees_all
    )
    await on_lead_converted(tx, event, meta())
    answer = (await published())[-1]
    assert answer.type == expected
    if expected == REJECTED:
        assert answer.payload["reason"] == "ACCOUNT_NOT_FOUND"  # the same as for a missing one
    assert await count_records(tx) == ([1, 0, 0] if expected == REJECTED else [1, 1, 1])


async def test_a_shared_account_can_be_converted_into(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    await Company(tx).build()
    account = await add_account(tx, owner_id=subject("zheng"))
    share = f"/accounts/{account.id}/shares/PERSON/{directory_id('li')}"
    assert (await client.put(share, json={})).status_code == 200
    event = lead_converted(existing_account=account.id, converted_by=subject("li"), sees_all=False)
    await on_lead_converted(tx, event, meta())
    assert (await published())[-1].type == COMPLETED


async def test_a_conversion_into_a_new_account_needs_no_visibility(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    await Company(tx).build()
    await on_lead_converted(tx, lead_converted(converted_by=None, sees_all=False), meta())
    assert (await published())[-1].type == COMPLETED
