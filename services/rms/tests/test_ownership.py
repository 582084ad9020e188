"""Every path that gives an owner in RMS: the same people are passed over, and the owner is told."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.audit.tables import audit_entries
from chassis.web.commands import Command
from kernel.ids import new_id
from rms.orders.actions.lifecycle import create_order
from rms.orders.store.tables import orders
from rms.payments.actions.receipts import PaymentDetails, receive_payment
from rms.payments.store.tables import payments
from rms.receivables.actions import create_receivable
from rms.receivables.store import receivables
from services.rms.tests.factories import NOON, TODAY, add_account, add_settings, cny, make_quote
from testkit.directory import Company, subject
from testkit.plugin import PublishedWork
from testkit.published import Work

# Creates a record for whoever owns the account; `first` owns what it is made of, `acting` acts.
Path = Callable[[AsyncConnection, UUID, str, str], Awaitable[None]]


async def an_order(tx: AsyncConnection, account_id: UUID, first: str, acting: str) -> None:
    quote = make_quote(account_id=account_id, owner_id=subject(first))
    await create_order(Command(tx, NOON), quote, accepted_by=subject(acting))


async def a_receivable(tx: AsyncConnection, account_id: UUID, first: str, acting: str) -> None:
    await create_receivable(
        Command(tx, NOON, actor=subject(acting)),
        new_id(),
        order_id=new_id(),
        order_no="SO-2026-000001",
        shipment_id=new_id(),
        account_id=account_id,
        account_name="星辰科技",
        amount=cny("100.00"),
        due_date=TODAY,
        owner_id=subject(first),
    )


async def a_payment(tx: AsyncConnection, account_id: UUID, first: str, acting: str) -> None:
    await receive_payment(
        Command(tx, NOON, actor=subject(acting)),
        account_id=account_id,
        bank_reference="B-1",
        amount=cny("100.00"),
        received_date=TODAY,
    )


PATHS = [("rms.order", an_order, orders), ("rms.receivable", a_receivable, receivables),
         ("rms.payment", a_payment, payments)]  # fmt: skip


@pytest.fixture
async def company(tx: AsyncConnection) -> Company:
    await add_settings(tx)
    return await Company(tx).build()


def notices(work: list[Work], resource: str) -> list[tuple[str, bool]]:
    """Who got a notice of ownership, and whether in place of somebody else."""
    mine = [one for one in work if one.kind == "ASSIGNED" and one.resource == resource]
    return [(one.person, "no longer active" in one.message) for one in mine]


@pytest.mark.parametrize(("resource", "path", "table"), PATHS, ids=[path[0] for path in PATHS])
class TestEveryPath:
    """Owner of the account and of what the record is made of: li; wu acts."""

    async def owner(self, tx: AsyncConnection, table: object) -> str:
        owner: str = (await tx.execute(select(table.c.owner_id))).scalar_one()  # type: ignore[attr-defined]  # a table
        return owner

    async def reason(self, tx: AsyncConnection, resource: str) -> str | None:
        a = audit_entries.c
        is_new = (a.resource == resource) & (a.verb == "INSERT") & a.part.is_(None)
        reason: str | None = (await tx.execute(select(a.reason).where(is_new))).scalar_one()
        return reason

    async def test_the_derived_owner_is_notified(
        self, tx: AsyncConnection, company: Company, published_work: PublishedWork,
        resource: str, path: Path, table: object,
    ) -> None:  # fmt: skip
        await path(tx, await add_account(tx, owner_id=subject("li")), "li", "wu")
        assert await self.owner(tx, table) == subject("li")
        assert notices(await published_work(), resource) == [(subject("li"), False)]
        assert await self.reason(tx, resource) is None

    async def test_who_acts_is_not_notified_of_a_record_of_their_own(
        self, tx: AsyncConnection, company: Company, published_work: PublishedWork,
        resource: str, path: Path, table: object,
    ) -> None:  # fmt: skip
        await path(tx, await add_account(tx, owner_id=subject("wu")), "wu", "wu")
        assert notices(await published_work(), resource) == []

    async def test_a_leavers_record_goes_to_who_acts_and_says_so(
        self, tx: AsyncConnection, company: Company, published_work: PublishedWork,
        resource: str, path: Path, table: object,
    ) -> None:  # fmt: skip
        await company.person("li", active=False)
        await path(tx, await add_account(tx, owner_id=subject("li")), "li", "wu")
        assert await self.owner(tx, table) == subject("wu")
        assert notices(await published_work(), resource) == [(subject("wu"), True)]
        assert await self.reason(tx, resource) == "原定的负责人li已停用。"


async def test_an_order_of_a_leavers_quote_goes_to_the_owner_of_the_account(
    tx: AsyncConnection, company: Company, published_work: PublishedWork
) -> None:
    await company.person("zhou", active=False)
    await an_order(tx, await add_account(tx, owner_id=subject("li")), "zhou", "wu")
    assert (await tx.execute(select(orders.c.owner_id))).scalar_one() == subject("li")
    assert notices(await published_work(), "rms.order") == [(subject("li"), True)]


async def test_a_named_owner_of_a_payment_is_notified(
    tx: AsyncConnection, company: Company, published_work: PublishedWork
) -> None:
    await receive_payment(
        Command(tx, NOON, actor=subject("wu")),
        account_id=await add_account(tx, owner_id=subject("li")),
        bank_reference="B-1",
        amount=cny("100.00"),
        received_date=TODAY,
        details=PaymentDetails(owner_id=subject("zhou")),
    )
    assert notices(await published_work(), "rms.payment") == [(subject("zhou"), False)]
