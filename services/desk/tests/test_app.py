"""The API of DESK answers, and its worker names its subscriptions."""

from desk.worker import WORKER
from testkit.plugin import Client


async def test_the_api_answers(client: Client) -> None:
    parked = await client.get("/parked-events")
    assert (parked.status_code, parked.json()["items"]) == (200, [])
    missing = await client.get("/nowhere")
    assert (missing.status_code, missing.json()["code"]) == (404, "NOT_FOUND")


def test_the_worker_keeps_replicas_of_the_directory() -> None:
    assert WORKER.service == "desk"
    assert all(subscription.name.startswith("desk.") for subscription in WORKER.subscriptions)
