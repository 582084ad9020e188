"""Generates accounts of any number through COPY, as valid as through the API; see `generator`."""

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from random import Random
from uuid import UUID

import asyncpg

from chassis.database.rows import to_columns
from kernel.money import Money
from l2o.accounts.domain import Account
from l2o.accounts.store import accounts
from tests.bench.company import SELLERS
from tests.bench.machine.copying import TableRows, copy_records, searchable, time_ordered_id
from tests.bench.machine.generator import FIRST_DAY, TRADES, YEAR, company_name

SUBSIDIARY = 10  # every tenth account has the one before it as its parent


def generated_accounts(count: int, *, seed: int = 1) -> Iterator[Account]:
    """Yield accounts of a year, the oldest first, spread over all sellers; no two share a name."""
    random = Random(seed)  # data, no secret
    before: UUID | None = None
    for n in range(count):
        at = FIRST_DAY + YEAR / count * n
        account = Account(
            id=time_ordered_id(at, n, random),
            name=company_name(random, n),
            phone=f"+86138{n:08}",
            parent_id=before if n % SUBSIDIARY == SUBSIDIARY - 1 else None,
            industry=random.choice(TRADES),
            country="CN",
            founded_year=random.randint(1980, 2024),
            employees=random.randint(1, 5_000),
            annual_revenue=Money(Decimal(random.randint(10**5, 10**9)), "CNY").rounded(),
            owner_id=f"person-{n % SELLERS}",
            created_at=at,
            updated_at=at,
        )
        yield account
        before = account.id


async def copy_accounts(
    connection: asyncpg.Connection, tenant: UUID, source: Iterable[Account]
) -> None:
    """Copy these accounts with their search words into the database of l2o."""

    def rows_of(chunk: Sequence[Account]) -> Iterator[TableRows]:
        yield from searchable(accounts, [to_columns(accounts, account) for account in chunk])

    await copy_records(connection, tenant, source, rows_of)
