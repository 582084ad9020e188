"""The totals of an account with all accounts below it."""

from decimal import Decimal
from uuid import UUID

from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import EVERYTHING, Visibility
from kernel.ids import new_id
from kernel.sums import MoneySum
from l2o.accounts import views
from l2o.accounts.domain import CurrencyTotals
from l2o.opportunities.domain import Stage
from services.l2o.tests.factories import NOON, TODAY, add_account, add_opportunity, cny
from testkit.directory import Company, sign_in, subject
from testkit.plugin import Committed

# For each account but the first: which of those before it is its parent, and what is open there.
TREES = st.lists(
    st.tuples(st.integers(0, 11), st.decimals("0", "999999.99", places=2)), min_size=1, max_size=12
)


def open_amounts(found: list[CurrencyTotals]) -> list[MoneySum]:
    return [one.open for one in found]


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(tree=TREES)
async def test_the_totals_of_a_subtree_are_the_sums_of_its_members(
    committed: Committed, tree: list[tuple[int, Decimal]]
) -> None:
    tenant = new_id()
    ids: list[UUID] = []
    parents: dict[UUID, UUID | None] = {}
    amounts: dict[UUID, Decimal] = {}
    async with committed.app.begin(tenant) as tx:
        for place, amount in tree:
            parent = ids[place % len(ids)] if ids else None
            account = await add_account(tx, parent_id=parent)
            ids.append(account.id)
            parents[account.id], amounts[account.id] = parent, amount
            await add_opportunity(tx, account_id=account.id, amount=cny(str(amount)))
        for top in ids:
            members = [one for one in ids if top in lineage(one, parents)]
            count, found = await views.read_subtree_totals(tx, top, EVERYTHING, today=TODAY)
            assert count == len(members)
            expected = sum((amounts[one] for one in members), Decimal(0))
            assert open_amounts(found) == [MoneySum(expected, "CNY")]


def lineage(account_id: UUID, parents: dict[UUID, UUID | None]) -> list[UUID]:
    """Return an account and all accounts above it."""
    found, above = [account_id], parents[account_id]
    while above is not None:
        found.append(above)
        above = parents[above]
    return found


async def test_only_what_the_caller_sees_is_added_up(tx: AsyncConnection) -> None:
    group = await add_account(tx, owner_id="li")
    for owner, amount in (("li", "10"), ("zheng", "200")):
        part = await add_account(tx, owner_id=owner, parent_id=group.id)
        await add_opportunity(tx, account_id=part.id, amount=cny(amount))
    gone = await add_account(tx, owner_id="li", parent_id=group.id, deleted_at=NOON)
    await add_opportunity(tx, account_id=gone.id, amount=cny("4000"))

    async def of(visibility: Visibility) -> tuple[int, list[MoneySum]]:
        count, found = await views.read_subtree_totals(tx, group.id, visibility, today=TODAY)
        return count, open_amounts(found)

    assert await of(EVERYTHING) == (3, [MoneySum.of("210", "CNY")])
    assert await of(Visibility(owners=("li",))) == (2, [MoneySum.of("10", "CNY")])


async def test_a_group_is_read_in_one_call(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    group = await add_account(tx, owner_id=subject("li"))
    below = await add_account(tx, owner_id=subject("li"), parent_id=group.id)
    last = await add_account(tx, owner_id=subject("li"), parent_id=below.id)
    await add_opportunity(tx, account_id=last.id, stage=Stage.WON, amount=cny("7.50"))
    path = f"/accounts/{group.id}/subtree-totals"
    read = await client.get(path)
    assert read.status_code == 200, read.text
    answer = read.json()
    assert (answer["account_id"], answer["accounts"]) == (str(group.id), 3)
    [yuan] = answer["totals"]
    assert (yuan["currency"], yuan["won"]["amount"]) == ("CNY", "7.50")
    stranger = sign_in(tenant, "zheng", scope="l2o.account.read")
    assert (await client.get(path, headers=stranger)).status_code == 404
