"""Races of access keys: one-time keys, revocations, repeated events, deleted records."""

import asyncio
from uuid import UUID

import pytest
from httpx import Response
from sqlalchemy import select

from chassis.foundation.clock import now
from chassis.records.access_keys.keys import revoke_access_key
from chassis.records.access_keys.tables import access_keys
from chassis.records.record_commands import remove_record
from chassis.web.commands import Command
from libs.chassis.tests.records.access_keys import links
from testkit.card_links import VIEW
from testkit.cards.store import CARD
from testkit.plugin import Client, Committed


def statuses(answers: list[Response]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


async def uses_of(committed: Committed, tenant: UUID, key_id: str) -> int:
    async with committed.app.begin(tenant) as tx:
        query = select(access_keys.c.uses).where(access_keys.c.id == UUID(key_id))
        uses: int = (await tx.execute(query)).scalar_one()
    return uses


async def test_eight_callers_use_a_one_time_key_once(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    card_id = await links.make_card(committed_client)
    issued = await links.issue(committed_client, card_id, "report", max_uses=1)
    answers = await asyncio.gather(
        *(links.report(committed_client, issued["key"], f"e-{n}") for n in range(8))
    )
    assert statuses(answers) == [200] + [404] * 7
    assert await uses_of(committed, tenant, issued["key_id"]) == 1
    card = (await committed_client.get(f"/cards/{card_id}")).json()
    assert (card["title"], card["version"]) == ("One more", 2)


async def test_eight_callers_with_one_event_run_it_once(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    """Others get the stored answer, or 409 while the first is running; all agree in the end."""
    card_id = await links.make_card(committed_client)
    issued = await links.issue(committed_client, card_id, "report")

    async def send() -> Response:
        return await links.report(committed_client, issued["key"], "e-1")

    answers = await asyncio.gather(*(send() for _ in range(8)))
    assert set(statuses(answers)) <= {200, 409}
    fresh = [a for a in answers if a.status_code == 200 and "Idempotent-Replayed" not in a.headers]
    assert len(fresh) == 1
    running = {a.json()["code"] for a in answers if a.status_code == 409}
    assert running <= {"EVENT_ID_IN_USE"}
    assert (await send()).json() == fresh[0].json()
    assert await uses_of(committed, tenant, issued["key_id"]) == 1


async def test_two_keys_bound_to_one_version_admit_one_caller(
    committed_client: Client, committed: Committed
) -> None:
    card_id = await links.make_card(committed_client)
    issued = [await links.issue(committed_client, card_id, "finish") for _ in range(4)]
    answers = await asyncio.gather(*(links.finish(committed_client, one["key"]) for one in issued))
    assert statuses(answers) == [200] + [404] * 3
    assert (await committed_client.get(f"/cards/{card_id}")).json()["version"] == 2


async def test_callers_of_a_key_that_is_not_limited_all_enter(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    card_id = await links.make_card(committed_client)
    issued = await links.issue(committed_client, card_id, "view")
    answers = await asyncio.gather(*(links.view(committed_client, issued["key"]) for _ in range(8)))
    assert statuses(answers) == [200] * 8
    assert await uses_of(committed, tenant, issued["key_id"]) == 8


async def test_a_committed_revocation_admits_nobody(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    """The callers wait for the revocation that is running, and are refused after it."""
    card_id = await links.make_card(committed_client)
    issued = await links.issue(committed_client, card_id, "view")
    async with committed.app.begin(tenant) as tx:
        command = Command(tx, now(), actor="li")
        await revoke_access_key(command, VIEW.scoped, UUID(card_id), UUID(issued["key_id"]))
        running = [
            asyncio.create_task(links.view(committed_client, issued["key"])) for _ in range(3)
        ]
        done, _waiting = await asyncio.wait(running, timeout=0.2)
        assert not done
    assert statuses(await asyncio.gather(*running)) == [404] * 3
    assert await uses_of(committed, tenant, issued["key_id"]) == 0


@pytest.mark.parametrize("attempt", range(3))
async def test_uses_and_a_revocation_come_one_after_the_other(
    committed_client: Client, committed: Committed, tenant: UUID, attempt: int
) -> None:
    card_id = await links.make_card(committed_client)
    issued = await links.issue(committed_client, card_id, "report")
    *answers, revoked = await asyncio.gather(
        *(links.report(committed_client, issued["key"], f"e-{n}") for n in range(4)),
        links.revoke(committed_client, card_id, issued["key_id"]),
    )
    admitted = statuses(answers).count(200)
    assert statuses(answers) == [200] * admitted + [404] * (4 - admitted)
    assert revoked.status_code == 200
    assert revoked.json()["uses"] <= admitted
    assert await uses_of(committed, tenant, issued["key_id"]) == revoked.json()["uses"]
    assert (await links.report(committed_client, issued["key"], "e-9")).status_code == 404


async def test_a_record_is_deleted_for_good_while_its_key_is_in_use(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    """Neither waits for the other; the key that is left admits nobody."""
    card_id = await links.make_card(committed_client)
    used, free = [await links.issue(committed_client, card_id, "view") for _ in range(2)]
    async with committed.app.begin(tenant) as using:
        await using.execute(
            access_keys.update().where(access_keys.c.id == UUID(used["key_id"])).values(uses=1)
        )
        async with committed.app.begin(tenant) as tx:
            await remove_record(Command(tx, now()), CARD, UUID(card_id))
    async with committed.app.begin(tenant) as tx:
        left = (await tx.execute(select(access_keys.c.id))).scalars().all()
    assert [str(key_id) for key_id in left] == [used["key_id"]]
    for issued in (used, free):
        assert (await links.view(committed_client, issued["key"])).status_code == 404
