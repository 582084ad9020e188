"""The events that L2O answers a conversion with: repeated, late, or of an earlier conversion."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.l2o.events import ConversionCompleted, ConversionRejected
from kernel.errors import NotFound
from kernel.ids import new_id
from mtl.conversions.handlers import on_conversion_completed, on_conversion_rejected
from services.mtl.tests.factories import META, create_qualified
from testkit.plugin import PublishedFacts


async def convert(client: AsyncClient, lead_id: str) -> dict[str, Any]:
    operation: dict[str, Any] = (await client.post(f"/leads/{lead_id}/convert")).json()
    return operation


def completed_event(lead_id: str, operation: dict[str, Any]) -> ConversionCompleted:
    return ConversionCompleted(
        conversion_id=operation["id"], lead_id=UUID(lead_id), **operation["result"]
    )


def rejected_event(lead_id: str, operation: dict[str, Any]) -> ConversionRejected:
    return ConversionRejected(
        conversion_id=operation["id"], lead_id=UUID(lead_id), reason="ACCOUNT_NOT_FOUND"
    )


async def lead_and_operation(
    client: AsyncClient, lead_id: str, operation_id: str
) -> tuple[dict[str, Any], dict[str, Any]]:
    lead = (await client.get(f"/leads/{lead_id}")).json()
    return lead, (await client.get(f"/operations/{operation_id}")).json()


async def test_a_completed_conversion_ends_its_operation(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    lead_id = await create_qualified(client)
    operation = await convert(client, lead_id)
    for _ in range(2):
        await on_conversion_completed(tx, completed_event(lead_id, operation), META)
    lead, ended = await lead_and_operation(client, lead_id, operation["id"])
    assert (lead["status"], lead["version"]) == ("CONVERTED", 3)
    assert (ended["status"], ended["result"]) == ("SUCCEEDED", operation["result"])
    assert len(await published()) == 3
    again = await client.post(f"/leads/{lead_id}/convert")
    assert (again.status_code, again.json()) == (200, ended)


async def test_a_rejected_conversion_reopens_the_lead_with_the_reason(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    lead_id = await create_qualified(client)
    operation = await convert(client, lead_id)
    for _ in range(2):
        await on_conversion_rejected(tx, rejected_event(lead_id, operation), META)
    lead, ended = await lead_and_operation(client, lead_id, operation["id"])
    assert (lead["status"], lead["status_reason"]) == ("SQL", "ACCOUNT_NOT_FOUND")
    ids = ("conversion_id", "account_id", "contact_id", "opportunity_id", "converted_at")
    assert [lead[name] for name in ids] == [None] * 5
    assert (ended["status"], ended["problem"]["code"]) == ("FAILED", "ACCOUNT_NOT_FOUND")
    assert ended["problem"]["detail"] == "There is no such account."
    event = (await published())[-1]
    assert (event.type, event.sequence) == ("mtl.lead.reopened.v1", 4)
    assert event.payload["conversion_id"] == operation["id"]
    assert event.payload["reason"] == "ACCOUNT_NOT_FOUND"
    move, converted, _ = (await client.get(f"/leads/{lead_id}/history")).json()["items"]
    assert (move["from_status"], move["to_status"]) == ("CONVERTED", "SQL")
    assert (move["reason"], move["conversion_id"]) == ("ACCOUNT_NOT_FOUND", operation["id"])
    assert move["account_id"] == operation["result"]["account_id"] == converted["account_id"]
    for language, text in (("en", "There is no such account."), ("zh-CN", "没有该客户。")):
        headers = {"Accept-Language": language}
        items = (await client.get(f"/leads/{lead_id}/history", headers=headers)).json()["items"]
        assert items[0]["reason_text"] == text
        [listed] = (await client.get("/leads", headers=headers)).json()["items"]
        shown = (await client.get(f"/leads/{lead_id}", headers=headers)).json()
        assert listed["status_reason_text"] == shown["status_reason_text"] == text
    params = {"fields": "status_reason"}
    [chosen] = (await client.get("/leads", params=params)).json()["items"]
    assert set(chosen) == {"id", "status_reason"}


async def test_an_answer_to_an_earlier_conversion_changes_nothing(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    lead_id = await create_qualified(client)
    first = await convert(client, lead_id)
    await on_conversion_rejected(tx, rejected_event(lead_id, first), META)
    second = await convert(client, lead_id)
    assert second["id"] != first["id"]
    before = await published()
    await on_conversion_rejected(tx, rejected_event(lead_id, first), META)
    await on_conversion_completed(tx, completed_event(lead_id, first), META)
    lead, running = await lead_and_operation(client, lead_id, second["id"])
    assert (lead["status"], lead["conversion_id"]) == ("CONVERTED", second["id"])
    assert running["status"] == "RUNNING"
    assert await published() == before
    assert (await lead_and_operation(client, lead_id, first["id"]))[1]["status"] == "FAILED"


async def test_a_late_rejection_does_not_change_a_deleted_lead(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    lead_id = await create_qualified(client)
    operation = await convert(client, lead_id)
    await on_conversion_rejected(tx, rejected_event(lead_id, operation), META)
    assert (await client.delete(f"/leads/{lead_id}")).status_code == 204
    before = await published()
    await on_conversion_rejected(tx, rejected_event(lead_id, operation), META)
    assert await published() == before


async def test_the_first_of_two_contradicting_answers_counts(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    lead_id = await create_qualified(client)
    operation = await convert(client, lead_id)
    await on_conversion_completed(tx, completed_event(lead_id, operation), META)
    await on_conversion_rejected(tx, rejected_event(lead_id, operation), META)
    lead, ended = await lead_and_operation(client, lead_id, operation["id"])
    assert (lead["status"], ended["status"]) == ("CONVERTED", "SUCCEEDED")
    assert len(await published()) == 3


async def test_an_answer_to_an_unknown_conversion_raises_not_found(tx: AsyncConnection) -> None:
    """The consumer then parks the event."""
    ids = {name: new_id() for name in ("account_id", "contact_id", "opportunity_id")}
    unknown = ConversionCompleted(conversion_id=new_id(), lead_id=new_id(), **ids)
    with pytest.raises(NotFound):
        await on_conversion_completed(tx, unknown, META)
    unknown_lead = ConversionRejected(conversion_id=new_id(), lead_id=new_id(), reason="X")
    with pytest.raises(NotFound):
        await on_conversion_rejected(tx, unknown_lead, META)
