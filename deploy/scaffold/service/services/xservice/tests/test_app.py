"""The API of XSERVICE answers, and its worker names its subscriptions."""

from testkit.plugin import Client
from xservice.worker import WORKER


async def test_the_api_answers(client: Client) -> None:
    parked = await client.get("/parked-events")
    assert (parked.status_code, parked.json()["items"]) == (200, [])
    missing = await client.get("/nowhere")
    assert (missing.status_code, missing.json()["code"]) == (404, "NOT_FOUND")


def test_the_worker_keeps_replicas_of_the_directory() -> None:
    assert WORKER.service == "xservice"
    assert all(subscription.name.startswith("xservice.") for subscription in WORKER.subscriptions)
