"""RFM scores over the HTTP API: the answer of an account, and the settings."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.foundation.clock import now
from kernel.ids import new_id
from l2o.rfm_scores.actions import RFM_JOB, compute_all
from services.l2o.tests.factories import add_account
from services.l2o.tests.rfm_scores.placed import order_row, place
from testkit.plugin import Client

ANY = {"If-Match": "*"}


async def answer(client: AsyncClient, path: str) -> dict[str, Any]:
    found = await client.get(path)
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


async def test_an_account_shows_what_it_ordered_and_its_scores(
    client: Client, tx: AsyncConnection
) -> None:
    account = await add_account(tx)
    silent = await answer(client, f"/accounts/{account.id}/rfm")
    assert (silent["orders"], silent["code"], silent["amount"]["amount"]) == (0, None, "0.00")
    moment = now()
    await place(
        tx,
        [
            order_row(account.id, moment - timedelta(days=3), Decimal("100.50")),
            order_row(new_id(), moment - timedelta(days=9), Decimal("70")),
        ],
    )
    await compute_all(tx, moment)
    found = await answer(client, f"/accounts/{account.id}/rfm")
    assert found["amount"] == {"amount": "100.50", "currency": "CNY"}
    assert (found["orders"], found["recency_days"], found["code"]) == (1, 3, "313")


async def test_the_window_is_changed_and_all_is_computed_anew(
    client: Client, tx: AsyncConnection
) -> None:
    assert (await answer(client, "/rfm-settings"))["window_days"] == 365
    edited = await client.patch("/rfm-settings", json={"window_days": 90}, headers=ANY)
    assert (edited.status_code, edited.json()["window_days"]) == (200, 90)
    queued = await tx.execute(select(jobs.c.key).where(jobs.c.kind == RFM_JOB))
    assert sorted(queued.scalars()) == ["daily", "in_full"]
    for wrong in (0, 3661, "9", 1.5):
        refused = await client.patch("/rfm-settings", json={"window_days": wrong}, headers=ANY)
        assert refused.status_code == 422, refused.text


async def test_the_computation_is_queued_by_hand(client: Client) -> None:
    queued = await client.post("/rfm-settings/compute")
    assert queued.status_code == 202
