"""Five wrong secrets from one address pause that address, even for parallel guesses."""

import asyncio
from datetime import datetime, timedelta

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import delete, func, insert, select, update

from chassis.foundation.clock import now
from org.logins.actions import attempt_key
from org.logins.store import login_tries
from services.org.tests.factories import PASSWORD, create_client, create_person
from testkit.plugin import Committed


async def sign_in(client: AsyncClient, password: str, *, username: str = "li.na") -> Response:
    form = {"grant_type": "password", "username": username, "password": password}
    return await client.post("/oauth/token", data=form, headers={"Authorization": ""})


def from_address(app: FastAPI, address: str) -> AsyncClient:
    """Return a client that calls from this address."""
    transport = ASGITransport(app, client=(address, 1))
    return AsyncClient(transport=transport, base_url="http://test/org/v1")


HERE = {"login": attempt_key("li.na"), "source": "127.0.0.1"}
IS_HERE = (login_tries.c.login == attempt_key("li.na")) & (login_tries.c.source == "127.0.0.1")


async def set_attempts(committed: Committed, failed: int, failed_at: datetime) -> None:
    row = {**HERE, "failed": failed, "failed_at": failed_at, "stale_at": now()}
    async with committed.app.begin(None) as tx:
        await tx.execute(delete(login_tries))
        await tx.execute(insert(login_tries).values(row))


async def failure_count(committed: Committed, *, source: str = "127.0.0.1") -> int:
    async with committed.app.begin(None) as tx:
        query = select(login_tries.c.failed).where(login_tries.c.source == source)
        count: int = (await tx.execute(query)).scalar_one()
        return count


async def test_the_sixth_attempt_waits_even_with_the_right_password(
    committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    statuses = [(await sign_in(committed_client, "wrong")).status_code for _ in range(5)]
    assert statuses == [400] * 5
    answer = await sign_in(committed_client, PASSWORD)
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["code"], problem["status"]) == ("LOGIN_BRAKED", 429)
    assert 290 < int(answer.headers["Retry-After"]) <= 300
    assert problem["params"] == {"seconds": int(answer.headers["Retry-After"])}
    await set_attempts(committed, 5, now() - timedelta(minutes=5, seconds=1))
    assert (await sign_in(committed_client, PASSWORD)).status_code == 200
    assert await failure_count(committed) == 0


async def test_a_success_resets_the_count(
    committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    for _ in range(2):
        for _ in range(4):
            assert (await sign_in(committed_client, "wrong")).status_code == 400
        assert (await sign_in(committed_client, PASSWORD)).status_code == 200
    assert await failure_count(committed) == 0


async def test_of_parallel_guesses_only_five_are_answered(
    committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    answers = await asyncio.gather(*(sign_in(committed_client, f"guess {n}") for n in range(15)))
    assert sorted(a.status_code for a in answers) == [400] * 5 + [429] * 10
    assert await failure_count(committed) == 5


async def test_a_right_guess_after_five_wrong_ones_is_not_confirmed(
    committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    await set_attempts(committed, 4, now())
    right_guess = asyncio.create_task(sign_in(committed_client, PASSWORD))
    async with committed.app.begin(None) as tx:  # the fifth failure, during the check
        await tx.execute(select(login_tries).with_for_update())
        await asyncio.sleep(0.5)
        await tx.execute(update(login_tries).where(IS_HERE).values(failed=5, failed_at=now()))
    assert (await right_guess).status_code == 429


async def test_parallel_successful_sign_ins_do_not_pause_each_other(
    committed_client: AsyncClient,
) -> None:
    await create_person(committed_client)
    answers = await asyncio.gather(*(sign_in(committed_client, PASSWORD) for _ in range(12)))
    assert {a.status_code for a in answers} == {200}


async def test_clients_are_paused_one_by_one(
    committed_client: AsyncClient,
) -> None:
    await create_person(committed_client)
    secret = (await create_client(committed_client))["client_secret"]
    form = {"grant_type": "client_credentials"}
    for _ in range(5):
        wrong = await committed_client.post("/oauth/token", data=form, auth=("erp-demo", "x"))
        assert wrong.status_code == 401
    paused = await committed_client.post("/oauth/token", data=form, auth=("erp-demo", secret))
    assert paused.status_code == 429
    assert (await sign_in(committed_client, PASSWORD)).status_code == 200


async def test_an_unknown_name_is_refused_alike_and_as_slowly(
    committed_client: AsyncClient,
) -> None:
    await create_person(committed_client)
    loop = asyncio.get_running_loop()

    async def timed(username: str) -> tuple[float, str]:
        started_at = loop.time()
        answer = await sign_in(committed_client, "wrong", username=username)
        assert answer.status_code == 400
        return loop.time() - started_at, answer.text

    known = [await timed("li.na") for _ in range(4)]
    unknown = [await timed("nobody") for _ in range(4)]
    assert {text for _, text in known} == {text for _, text in unknown}
    # Hashing takes tens of milliseconds, the rest a few; without hashing this would fail clearly.
    assert min(unknown)[0] > min(known)[0] / 3


async def test_a_stranger_does_not_pause_the_owner_of_the_login(
    app: FastAPI, committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    async with from_address(app, "203.0.113.9") as stranger:
        guesses = [(await sign_in(stranger, f"guess {n}")).status_code for n in range(6)]
        assert guesses == [400] * 5 + [429]
        assert (await sign_in(committed_client, PASSWORD)).status_code == 200
        assert (await sign_in(stranger, PASSWORD)).status_code == 429
    assert await failure_count(committed, source="203.0.113.9") == 5
    assert await failure_count(committed, source="") == 5


async def test_many_addresses_together_are_paused_but_not_a_trusted_one(
    app: FastAPI, committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    assert (await sign_in(committed_client, PASSWORD)).status_code == 200
    counted = update(login_tries).where(login_tries.c.source == "")
    async with committed.app.begin(None) as tx:
        await tx.execute(counted.values(failed=99, failed_at=now()))
    async with from_address(app, "203.0.113.10") as stranger:
        assert (await sign_in(stranger, "wrong")).status_code == 400
        assert (await sign_in(stranger, PASSWORD)).status_code == 429
    assert (await sign_in(committed_client, PASSWORD)).status_code == 200


async def test_unknown_names_are_paused_alike(committed_client: AsyncClient) -> None:
    for name in ("nobody", "n" * 5_000):
        statuses = [
            (await sign_in(committed_client, "x", username=name)).status_code for _ in range(6)
        ]
        assert statuses == [400] * 5 + [429]


async def test_stale_counts_are_deleted(
    committed_client: AsyncClient, committed: Committed
) -> None:
    yesterday = now() - timedelta(days=1)
    rows = [
        {
            "login": f"n{n}",
            "source": "x",
            "failed": 1,
            "failed_at": yesterday,
            "stale_at": yesterday,
        }
        for n in range(30)
    ]
    async with committed.app.begin(None) as tx:
        await tx.execute(insert(login_tries), rows)
    for _ in range(2):
        await sign_in(committed_client, "x", username="nobody")
    async with committed.app.begin(None) as tx:
        remaining = await tx.scalar(select(func.count()).select_from(login_tries))
    assert remaining == 2
