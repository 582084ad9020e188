"""Who owns the records of a converted lead, and who is told of it."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.audit.tables import audit_entries
from l2o.accounts.store import accounts
from l2o.contacts.store import contacts
from l2o.conversions.handlers import on_lead_converted
from l2o.opportunities.store import opportunities
from services.l2o.tests.deliveries import meta
from services.l2o.tests.factories import add_account, lead_converted, make_lead
from testkit.directory import Company, subject
from testkit.plugin import PublishedWork

TABLES = {"l2o.account": accounts, "l2o.contact": contacts, "l2o.opportunity": opportunities}


@pytest.fixture
async def company(tx: AsyncConnection) -> Company:
    return await Company(tx).build()


async def convert(tx: AsyncConnection, owner: str | None, by: str) -> None:
    lead = make_lead(owner_id=None if owner is None else subject(owner))
    await on_lead_converted(tx, lead_converted(lead=lead, converted_by=subject(by)), meta())


async def owners(tx: AsyncConnection) -> set[str]:
    found = [(await tx.execute(select(table.c.owner_id))).scalars() for table in TABLES.values()]
    return {owner for rows in found for owner in rows}


async def notified(published_work: PublishedWork) -> list[tuple[str, str, bool]]:
    return sorted(
        (one.resource, one.person, "no longer active" in one.message)
        for one in await published_work()
        if one.kind == "ASSIGNED"
    )


async def test_the_owner_of_the_lead_gets_its_records_and_is_told(
    tx: AsyncConnection, company: Company, published_work: PublishedWork
) -> None:
    await convert(tx, "li", by="sun")
    assert await owners(tx) == {subject("li")}
    assert await notified(published_work) == [(one, subject("li"), False) for one in TABLES]


@pytest.mark.parametrize("owner", ["sun", None])
async def test_who_converts_a_lead_for_themselves_is_not_told(
    tx: AsyncConnection, company: Company, published_work: PublishedWork, owner: str | None
) -> None:
    await convert(tx, owner, by="sun")
    assert await owners(tx) == {subject("sun")}
    assert await notified(published_work) == []


async def test_the_records_of_a_leavers_lead_go_to_who_converts_it(
    tx: AsyncConnection, company: Company, published_work: PublishedWork
) -> None:
    await company.person("li", active=False)
    await convert(tx, "li", by="sun")
    assert await owners(tx) == {subject("sun")}
    assert await notified(published_work) == [(one, subject("sun"), True) for one in TABLES]
    is_new = (audit_entries.c.verb == "INSERT") & audit_entries.c.resource.in_(TABLES)
    reasons = (await tx.execute(select(audit_entries.c.reason).where(is_new))).scalars().all()
    assert set(reasons) == {"原定的负责人li已停用。"}


async def test_an_account_that_exists_keeps_its_owner(
    tx: AsyncConnection, company: Company, published_work: PublishedWork
) -> None:
    account = await add_account(tx, owner_id=subject("zhou"))
    event = lead_converted(
        lead=make_lead(owner_id=subject("li")),
        existing_account=account.id,
        converted_by=subject("sun"),
    )
    await on_lead_converted(tx, event, meta())
    assert await notified(published_work) == [
        ("l2o.contact", subject("zhou"), False),
        ("l2o.opportunity", subject("li"), False),
    ]
    for table, owner in ((accounts, "zhou"), (contacts, "zhou"), (opportunities, "li")):
        assert (await tx.execute(select(table.c.owner_id))).scalar_one() == subject(owner)


async def test_the_contact_of_a_leavers_account_goes_to_the_owner_of_the_lead(
    tx: AsyncConnection, company: Company
) -> None:
    account = await add_account(tx, owner_id=subject("zhou"))
    await company.person("zhou", active=False)
    event = lead_converted(
        lead=make_lead(owner_id=subject("li")),
        existing_account=account.id,
        converted_by=subject("sun"),
    )
    await on_lead_converted(tx, event, meta())
    assert (await tx.execute(select(contacts.c.owner_id))).scalar_one() == subject("li")
    reasons = select(audit_entries.c.resource, audit_entries.c.reason)
    rows = await tx.execute(reasons.where(audit_entries.c.verb == "INSERT"))
    found = {resource: reason for resource, reason in rows}
    assert (found["l2o.contact"], found["l2o.opportunity"]) == ("原定的负责人zhou已停用。", None)
