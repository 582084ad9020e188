"""A conversion that L2O does not answer is requested again, and then taken back."""

from datetime import timedelta

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from services.mtl.tests.conversions.answers import (
    complete,
    deadline,
    reject,
    start,
    state,
    unanswered,
    wait,
)
from services.mtl.tests.factories import create, create_qualified, problem
from testkit.plugin import PublishedFacts

REQUESTED, CANCELLED = "mtl.conversion.requested.v1", "mtl.conversion.cancelled.v1"
IN_VAIN = "The conversion had no result for a long time and was taken back. Please convert again."


async def test_it_is_requested_three_times_more_and_then_cancelled(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    operation = await start(client)
    converted = (await published())[-1]
    at = await deadline(tx, operation)
    lead = (await client.get(f"/leads/{operation['lead_id']}")).json()
    begun = (at - timedelta(minutes=15)).isoformat().replace("+00:00", "Z")
    assert begun == lead["converted_at"]
    for number, minutes in ((1, 15), (2, 30), (3, 60)):
        with capture_logs() as logs:
            again = await wait(tx, operation, at)
        assert [(one["event"], one["log_level"]) for one in logs] == [
            ("conversion_requested_again", "warning")
        ]
        assert again == at + timedelta(minutes=minutes)
        event = (await published())[-1]
        assert (event.type, event.sequence, event.payload) == (REQUESTED, number, converted.payload)
        assert await state(client, operation) == ("CONVERTED", "RUNNING")
        at = again
    with capture_logs() as logs:
        again = await wait(tx, operation, at)
    assert [one["event"] for one in logs] == ["conversion_unanswered"]
    assert again == at + timedelta(hours=1)
    cancelled, reopened = (await published())[-2:]
    assert (cancelled.type, cancelled.sequence) == (CANCELLED, 4)
    assert cancelled.payload["conversion_id"] == operation["id"]
    assert reopened.type == "mtl.lead.reopened.v1"
    assert await state(client, operation) == ("SQL", "FAILED")
    lead = (await client.get(f"/leads/{operation['lead_id']}")).json()
    assert (lead["status_reason"], lead["status_reason_text"]) == ("CONVERSION_UNANSWERED", IN_VAIN)
    headers = {"Accept-Language": "zh-CN"}
    lead = (await client.get(f"/leads/{operation['lead_id']}", headers=headers)).json()
    assert lead["status_reason_text"] == "转化长时间没有结果，已撤回，请重新转化。"


async def test_an_answered_conversion_is_left_alone(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    for answer in (complete, reject):
        operation = await start(client)
        await answer(tx, operation)
        before = await published()
        assert await wait(tx, operation, await deadline(tx, operation)) is None
        assert await published() == before


async def test_an_answer_to_a_second_request_ends_the_conversion(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    operation = await start(client)
    at = await wait(tx, operation, await deadline(tx, operation))
    assert at is not None
    for _ in range(3):
        await complete(tx, operation)
    assert await state(client, operation) == ("CONVERTED", "SUCCEEDED")
    assert await wait(tx, operation, at) is None


async def test_a_cancellation_is_repeated_until_it_is_answered(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    operation = await start(client)
    at = await unanswered(tx, operation)
    for sequence in (5, 6):
        again = await wait(tx, operation, at)
        assert again == at + timedelta(hours=1)
        event = (await published())[-1]
        assert (event.type, event.sequence) == (CANCELLED, sequence)
        at = again
    await reject(tx, operation, "CONVERSION_UNANSWERED")
    before = await published()
    assert await wait(tx, operation, at) is None
    assert await published() == before
    assert await state(client, operation) == ("SQL", "FAILED")


async def test_a_lead_is_converted_again_once_the_cancellation_is_answered(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    operation = await start(client)
    await unanswered(tx, operation)
    path = f"/leads/{operation['lead_id']}/convert"
    refused = await client.post(path)
    assert problem(refused) == (409, "CONVERSION_UNSETTLED")
    await reject(tx, operation, "CONVERSION_UNANSWERED")
    again = await start(client, operation["lead_id"])
    assert again["id"] != operation["id"]
    assert not set(again["result"].values()) & set(operation["result"].values())
    await complete(tx, operation)  # what came too late, once more
    assert await state(client, again) == ("CONVERTED", "RUNNING")


@pytest.mark.parametrize("meanwhile", ["nothing", "edit", "disqualify", "nurture", "delete"])
async def test_an_answer_that_comes_too_late_converts_the_lead_after_all(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts, meanwhile: str
) -> None:
    """L2O has the records: a lead that were open would be converted twice."""
    operation = await start(client, await create_qualified(client, phone="13800138000"))
    await unanswered(tx, operation)
    path = f"/leads/{operation['lead_id']}"
    changes = {
        "edit": ("PATCH", path, {"job_title": "经理"}),
        "disqualify": ("POST", f"{path}/disqualify", {"reason": "SPAM"}),
        "nurture": ("POST", f"{path}/nurture", {"wakes_on": "2027-12-01"}),
        "delete": ("DELETE", path, None),
    }
    if meanwhile in changes:
        method, target, body = changes[meanwhile]
        assert (await client.request(method, target, json=body)).status_code in (200, 204)
    for _ in range(2):
        await complete(tx, operation)
    assert await state(client, operation) == ("CONVERTED", "SUCCEEDED")
    lead = (await client.get(path)).json()
    assert {name: lead[name] for name in operation["result"]} == operation["result"]
    assert (lead["status_reason"], lead["wakes_on"]) == (None, None)
    types = [event.type for event in await published()]
    assert types.count("mtl.lead.converted.v1") == 2  # of the same conversion_id, so L2O skips it
    move = (await client.get(f"{path}/history")).json()["items"][0]
    assert (move["to_status"], move["conversion_id"]) == ("CONVERTED", operation["id"])
    assert (await create(client, phone="13800138000"))["returning_account_id"] is not None


@pytest.mark.parametrize("meanwhile", ["disqualify", "delete"])
async def test_a_late_answer_is_taken_although_another_lead_has_the_phone_by_now(
    client: AsyncClient, tx: AsyncConnection, meanwhile: str
) -> None:
    operation = await start(client, await create_qualified(client, phone="13800138000"))
    await unanswered(tx, operation)
    path = f"/leads/{operation['lead_id']}"
    if meanwhile == "delete":
        assert (await client.delete(path)).status_code == 204
    else:
        await client.post(f"{path}/disqualify", json={"reason": "SPAM"})
    newer = await create(client, phone="13800138000")
    assert newer["returning_account_id"] is None
    await complete(tx, operation)
    assert await state(client, operation) == ("CONVERTED", "SUCCEEDED")
    refused = await client.post("/leads", json={"phone": "13800138000"})
    assert (problem(refused), refused.json()["params"]["lead_id"]) == (
        (409, "LEAD_DUPLICATE"),
        newer["id"],
    )
    await client.delete(f"/leads/{newer['id']}")
    again = await create(client, phone="13800138000")
    assert again["returning_account_id"] == operation["result"]["account_id"]
