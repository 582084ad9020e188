"""A lead is converted into an account that whoever converts it sees, or not at all."""

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


async def counted(tx: AsyncConnection) -> list[int]:
    tables = (accounts, contacts, opportunities)
    queries = [select(func.count()).select_from(table) for table in tables]
    return [(await tx.execute(query)).scalar_one() for query in queries]


@pytest.mark.parametrize(
    ("by", "sees_all", "told"),
    [
        ("zheng", False, COMPLETED),
        ("wu", False, COMPLETED),  # heads team B
        ("li", False, REJECTED),
        ("wang", True, COMPLETED),
        ("wang", False, REJECTED),
        (None, False, REJECTED),
    ],
)
async def test_into_an_account_of_zheng(
    tx: AsyncConnection, published: PublishedFacts, by: str | None, sees_all: bool, told: str
) -> None:
    await Company(tx).build()
    theirs = await add_account(tx, owner_id=subject("zheng"))
    person = None if by is None else subject(by)
    event = lead_converted(existing_account=theirs.id, converted_by=person, sees_all=sees_all)
    await on_lead_converted(tx, event, meta())
    fact = (await published())[-1]
    assert fact.type == told
    if told == REJECTED:
        assert fact.payload["reason"] == "ACCOUNT_NOT_FOUND"  # as of one that is not there
    assert await counted(tx) == ([1, 0, 0] if told == REJECTED else [1, 1, 1])


async def test_into_an_account_that_is_shared(
    client: Client, tx: AsyncConnection, published: PublishedFacts
) -> None:
    await Company(tx).build()
    theirs = await add_account(tx, owner_id=subject("zheng"))
    share = f"/accounts/{theirs.id}/shares/PERSON/{directory_id('li')}"
    assert (await client.put(share, json={})).status_code == 200
    event = lead_converted(existing_account=theirs.id, converted_by=subject("li"), sees_all=False)
    await on_lead_converted(tx, event, meta())
    assert (await published())[-1].type == COMPLETED


async def test_a_new_account_needs_no_reach(tx: AsyncConnection, published: PublishedFacts) -> None:
    await Company(tx).build()
    await on_lead_converted(tx, lead_converted(converted_by=None, sees_all=False), meta())
    assert (await published())[-1].type == COMPLETED
