"""Five wrong secrets from one address, then a pause for it: also for many guesses at once."""

import asyncio
from datetime import datetime, timedelta

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import delete, func, insert, select, update

from chassis.foundation.clock import now
from org.logins.actions import counted_as
from org.logins.store import login_tries
from services.org.tests.factories import PASSWORD, create_client, create_person
from testkit.plugin import Committed


async def sign_in(client: AsyncClient, password: str, *, username: str = "li.na") -> Response:
    form = {"grant_type": "password", "username": username, "password": password}
    return await client.post("/oauth/token", data=form, headers={"Authorization": ""})


def from_address(app: FastAPI, address: str) -> AsyncClient:
    """Somebody who calls from there."""
    transport = ASGITransport(app, client=(address, 1))
    return AsyncClient(transport=transport, base_url="http://test/org/v1")


HERE = {"login": counted_as("li.na"), "source": "127.0.0.1"}
OURS = (login_tries.c.login == counted_as("li.na")) & (login_tries.c.source == "127.0.0.1")


async def set_tries(committed: Committed, failed: int, failed_at: datetime) -> None:
    row = {**HERE, "failed": failed, "failed_at": failed_at, "stale_at": now()}
    async with committed.app.begin(None) as tx:
        await tx.execute(delete(login_tries))
        await tx.execute(insert(login_tries).values(row))


async def failures(committed: Committed, *, source: str = "127.0.0.1") -> int:
    async with committed.app.begin(None) as tx:
        query = select(login_tries.c.failed).where(login_tries.c.source == source)
        found: int = (await tx.execute(query)).scalar_one()
        return found


async def test_the_sixth_try_waits_even_with_the_right_password(
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
    await set_tries(committed, 5, now() - timedelta(minutes=5, seconds=1))
    assert (await sign_in(committed_client, PASSWORD)).status_code == 200
    assert await failures(committed) == 0


async def test_success_forgets_failures(
    committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    for _ in range(2):
        for _ in range(4):
            assert (await sign_in(committed_client, "wrong")).status_code == 400
        assert (await sign_in(committed_client, PASSWORD)).status_code == 200
    assert await failures(committed) == 0


async def test_of_many_guesses_at_once_five_learn_anything(
    committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    answers = await asyncio.gather(*(sign_in(committed_client, f"guess {n}") for n in range(15)))
    assert sorted(a.status_code for a in answers) == [400] * 5 + [429] * 10
    assert await failures(committed) == 5


async def test_a_right_guess_behind_five_wrong_ones_is_not_told(
    committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    await set_tries(committed, 4, now())
    right = asyncio.create_task(sign_in(committed_client, PASSWORD))
    async with committed.app.begin(None) as tx:  # the fifth failure, while the proof goes on
        await tx.execute(select(login_tries).with_for_update())
        await asyncio.sleep(0.5)
        await tx.execute(update(login_tries).where(OURS).values(failed=5, failed_at=now()))
    assert (await right).status_code == 429


async def test_people_who_sign_in_at_once_do_not_brake_each_other(
    committed_client: AsyncClient,
) -> None:
    await create_person(committed_client)
    answers = await asyncio.gather(*(sign_in(committed_client, PASSWORD) for _ in range(12)))
    assert {a.status_code for a in answers} == {200}


async def test_clients_are_braked_too_and_each_alone(
    committed_client: AsyncClient,
) -> None:
    await create_person(committed_client)
    secret = (await create_client(committed_client))["client_secret"]
    form = {"grant_type": "client_credentials"}
    for _ in range(5):
        wrong = await committed_client.post("/oauth/token", data=form, auth=("erp-demo", "x"))
        assert wrong.status_code == 401
    braked = await committed_client.post("/oauth/token", data=form, auth=("erp-demo", secret))
    assert braked.status_code == 429
    assert (await sign_in(committed_client, PASSWORD)).status_code == 200


async def test_an_unknown_name_takes_as_long_and_is_refused_alike(
    committed_client: AsyncClient,
) -> None:
    await create_person(committed_client)
    loop = asyncio.get_running_loop()

    async def timed(username: str) -> tuple[float, str]:
        began = loop.time()
        answer = await sign_in(committed_client, "wrong", username=username)
        assert answer.status_code == 400
        return loop.time() - began, answer.text

    known = [await timed("li.na") for _ in range(4)]
    unknown = [await timed("nobody") for _ in range(4)]
    assert {text for _, text in known} == {text for _, text in unknown}
    # Hashing takes tens of milliseconds, the rest a few: without it this would be far off.
    assert min(unknown)[0] > min(known)[0] / 3


async def test_a_stranger_does_not_shut_out_whose_login_it_is(
    app: FastAPI, committed_client: AsyncClient, committed: Committed
) -> None:
    await create_person(committed_client)
    async with from_address(app, "203.0.113.9") as stranger:
        guesses = [(await sign_in(stranger, f"guess {n}")).status_code for n in range(6)]
        assert guesses == [400] * 5 + [429]
        assert (await sign_in(committed_client, PASSWORD)).status_code == 200
        assert (await sign_in(stranger, PASSWORD)).status_code == 429
    assert await failures(committed, source="203.0.113.9") == 5
    assert await failures(committed, source="") == 5


async def test_many_addresses_together_are_braked_but_not_a_known_one(
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


async def test_names_nobody_has_are_braked_alike(committed_client: AsyncClient) -> None:
    for name in ("nobody", "n" * 5_000):
        statuses = [
            (await sign_in(committed_client, "x", username=name)).status_code for _ in range(6)
        ]
        assert statuses == [400] * 5 + [429]


async def test_counts_that_say_nothing_any_more_are_swept(
    committed_client: AsyncClient, committed: Committed
) -> None:
    old = now() - timedelta(days=1)
    rows = [
        {"login": f"n{n}", "source": "x", "failed": 1, "failed_at": old, "stale_at": old}
        for n in range(30)
    ]
    async with committed.app.begin(None) as tx:
        await tx.execute(insert(login_tries), rows)
    for _ in range(2):
        await sign_in(committed_client, "x", username="nobody")
    async with committed.app.begin(None) as tx:
        left = await tx.scalar(select(func.count()).select_from(login_tries))
    assert left == 2
