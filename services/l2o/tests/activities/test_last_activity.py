"""When an account and an opportunity were last touched follows from their activities."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from l2o.activities.domain import NO_TOUCH_KINDS, ActivityKind
from services.l2o.tests.activities.calling import account, ids, make, opportunity, read, record
from testkit.directory import Company, subject
from testkit.plugin import Committed

DAYS = [f"2026-11-{day:02}T02:00:00Z" for day in range(1, 29)]


async def last(client: AsyncClient, path: str) -> str | None:
    value: str | None = (await read(client, path))["last_activity_at"]
    return value


async def test_the_last_touch_counts_however_they_come_and_go(client: AsyncClient) -> None:
    account_id = await account(client)
    deal = await opportunity(client, account_id)
    paths = (f"/accounts/{account_id}", f"/opportunities/{deal}")

    async def both() -> tuple[str | None, ...]:
        return tuple([await last(client, path) for path in paths])

    assert await both() == (None, None)
    newer = await record(client, account_id, at=DAYS[9])
    assert await both() == (DAYS[9], None)
    older = await record(client, account_id, at=DAYS[4], opportunity_id=deal)
    assert await both() == (DAYS[9], DAYS[4])
    await record(client, account_id, at=DAYS[20], kind="NOTE", opportunity_id=deal)
    assert await both() == (DAYS[9], DAYS[4]), "a note touches nobody"
    await client.delete(f"/activities/{newer['id']}")
    assert await both() == (DAYS[4], DAYS[4])
    await client.post(f"/activities/{newer['id']}/restore")
    assert await both() == (DAYS[9], DAYS[4])
    await client.patch(f"/activities/{older['id']}", json={"at": DAYS[12]})
    assert await both() == (DAYS[12], DAYS[12])
    await client.patch(f"/activities/{older['id']}", json={"opportunity_id": None})
    assert await both() == (DAYS[12], None)
    await client.patch(f"/activities/{older['id']}", json={"kind": "NOTE"})
    assert await both() == (DAYS[9], None)
    for path in paths:
        assert (await read(client, path))["version"] == 1
        entries = (await read(client, f"{path}/audit"))["items"]
        assert len(entries) == 1, "activities have audit entries of their own"


async def test_accounts_are_sorted_and_filtered_by_their_last_activity(
    client: AsyncClient,
) -> None:
    made = [await account(client, f"公司{n}") for n in range(3)]
    await record(client, made[0], at=DAYS[3])
    await record(client, made[1], at=DAYS[1])
    assert await ids(client, "/accounts?sort=last_activity_at") == [made[1], made[0], made[2]]
    assert await ids(client, "/accounts?last_activity_at__isnull=true") == [made[2]]
    silent = f"/accounts?last_activity_at__lt={DAYS[2]}"
    assert await ids(client, silent) == [made[1]]
    deal = await opportunity(client, made[0])
    await record(client, made[0], at=DAYS[2], opportunity_id=deal)
    assert await ids(client, f"/opportunities?last_activity_at__lte={DAYS[2]}") == [deal]


Step = tuple[str, int, int, str]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["create", "delete", "restore", "move", "kind"]),
        st.integers(0, 5),
        st.integers(0, 27),
        st.sampled_from([kind.value for kind in ActivityKind]),
    ),
    max_size=12,
)


async def _carry_out(
    client: AsyncClient, account_id: str, deal: str, steps: Sequence[Step]
) -> list[dict[str, Any]]:
    made: list[str] = []
    for verb, which, day, kind in steps:
        if verb == "create" or not made:
            about = deal if day % 2 else None
            new = await record(client, account_id, at=DAYS[day], kind=kind, opportunity_id=about)
            made.append(new["id"])
            continue
        path = f"/activities/{made[which % len(made)]}"
        if verb == "delete":
            await client.delete(path)
        elif verb == "restore":
            await client.post(f"{path}/restore")
        else:
            change = {"at": DAYS[day]} if verb == "move" else {"kind": kind}
            await client.patch(path, json=change)
    items: list[dict[str, Any]] = (
        await read(client, f"/activities?account_id={account_id}&limit=200")
    )["items"]
    return items


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
async def test_the_last_activity_is_the_latest_of_those_that_are_left(
    client: AsyncClient, steps: list[Step]
) -> None:
    account_id = await account(client)
    deal = await opportunity(client, account_id)
    left = await _carry_out(client, account_id, deal, steps)
    touches = [one for one in left if one["kind"] not in NO_TOUCH_KINDS]
    assert await last(client, f"/accounts/{account_id}") == max(
        (one["at"] for one in touches), default=None
    )
    assert await last(client, f"/opportunities/{deal}") == max(
        (one["at"] for one in touches if one["opportunity_id"] == deal), default=None
    )


@pytest.mark.parametrize("attempt", range(2))
async def test_the_last_activity_is_exact_while_many_record_delete_and_edit_at_once(
    committed_client: AsyncClient, committed: Committed, tenant: UUID, attempt: int
) -> None:
    client = committed_client
    account_id = await account(client)
    deal = await opportunity(client, account_id)
    made = [await record(client, account_id, at=day, opportunity_id=deal) for day in DAYS[10:20]]

    async def act(number: int) -> int:
        path = f"/activities/{made[number]['id']}"
        if number % 2:
            return (await client.delete(path)).status_code
        return (await client.patch(path, json={"at": DAYS[number % 10]})).status_code

    async def add(number: int) -> int:
        body = {"account_id": account_id, "kind": "CALL", "at": DAYS[number % 12]}
        return (await client.post("/activities", json=body)).status_code

    async def edit(number: int) -> int:
        path, body = f"/accounts/{account_id}", {"industry": f"{number}"}
        return (await client.patch(path, json=body)).status_code

    outcomes = await asyncio.gather(
        *(act(n) for n in range(10)), *(add(n) for n in range(12)), *(edit(n) for n in range(4))
    )
    assert set(outcomes) <= {200, 201, 204}
    left = (await read(client, f"/activities?account_id={account_id}&limit=200"))["items"]
    assert await last(client, f"/accounts/{account_id}") == max(one["at"] for one in left)
    assert await last(client, f"/opportunities/{deal}") == max(
        one["at"] for one in left if one["opportunity_id"] == deal
    )


async def test_an_account_that_is_deleted_meanwhile_gets_no_activity(
    committed_client: AsyncClient,
) -> None:
    client = committed_client
    for _ in range(5):
        account_id = await account(client)
        body = {"account_id": account_id, "kind": "CALL", "at": DAYS[0]}
        deleted, added = await asyncio.gather(
            client.delete(f"/accounts/{account_id}"), client.post("/activities", json=body)
        )
        assert deleted.status_code == 204
        assert added.status_code in (201, 422)


async def test_an_opportunity_is_restored_while_its_activities_are_deleted(
    committed_client: AsyncClient,
) -> None:
    client = committed_client
    account_id = await account(client)
    deal = await opportunity(client, account_id)
    activities = [await record(client, account_id, opportunity_id=deal) for _ in range(6)]
    assert (await client.delete(f"/opportunities/{deal}")).status_code == 204
    outcomes = await asyncio.gather(
        *(client.delete(f"/activities/{one['id']}") for one in activities),
        *(client.post(f"/opportunities/{deal}/restore") for _ in range(3)),
    )
    assert {one.status_code for one in outcomes} <= {200, 204}
    assert await last(client, f"/opportunities/{deal}") is None


async def test_times_of_lists_keep_their_order_across_time_zones(client: AsyncClient) -> None:
    account_id = await account(client)
    first = datetime(2026, 11, 1, 8, tzinfo=UTC)
    offsets = ("+08:00", "Z", "-05:00")
    for hours, offset in enumerate(offsets):
        shown = (first + timedelta(hours=hours)).replace(tzinfo=None).isoformat()
        await make(
            client,
            "/activities",
            {"account_id": account_id, "kind": "CALL", "at": f"{shown}{offset}"},
        )
    times = (await read(client, f"/activities?account_id={account_id}&sort=at"))["items"]
    assert [one["at"] for one in times] == [
        "2026-11-01T00:00:00Z",
        "2026-11-01T09:00:00Z",
        "2026-11-01T15:00:00Z",
    ]


async def test_many_record_for_others_and_edit_texts_at_once(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """An owner who is named is a transfer, which must not lock the account that others hold."""
    client = committed_client
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
    account_id = await account(client)
    made = [await record(client, account_id, at=DAYS[n]) for n in range(4)]

    async def add(number: int) -> int:
        body = {
            "account_id": account_id,
            "kind": "CALL",
            "at": DAYS[number],
            "owner_id": subject(("li", "zhou")[number % 2]),
        }
        return (await client.post("/activities", json=body)).status_code

    async def edit(number: int) -> int:
        path = f"/activities/{made[number % 4]['id']}"
        return (await client.patch(path, json={"subject": f"{number}"})).status_code

    outcomes = await asyncio.gather(*(add(n) for n in range(12)), *(edit(n) for n in range(8)))
    assert set(outcomes) == {200, 201}
    assert await last(client, f"/accounts/{account_id}") == DAYS[11]
