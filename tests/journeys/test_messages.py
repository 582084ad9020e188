"""Messages to customers: asked for in one service, sent by desk, and shown there."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desk.messages.actions.queue import SEND_JOB
from desk.settings import desk_settings
from tests.journeys.due_jobs import run_due
from tests.journeys.steps import (
    convert_lead,
    create_accepted_quote,
    create_price_book,
    create_qualified_lead,
)
from tests.journeys.world import Json, World

PHONE = "13800138000"


@pytest.fixture
def gateway(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The file in which the gateway of this test keeps what it took."""
    file = tmp_path / "sms.jsonl"
    monkeypatch.setenv("DESK_SMS", f"record:{file}")
    desk_settings.cache_clear()
    yield file
    desk_settings.cache_clear()


def taken(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


async def a_quote(world: World) -> Json:
    book = await create_price_book(world)
    operation = await convert_lead(world, await create_qualified_lead(world))
    await world.deliver_events()
    return await create_accepted_quote(world, operation["result"]["opportunity_id"], book)


async def test_a_customer_is_told_of_a_quote_once_a_day(world: World, gateway: Path) -> None:
    quote = await a_quote(world)
    path = f"/cpq/v1/quotes/{quote['id']}/messages"
    first = await world.post(path, {"phone": PHONE})
    assert (first["status"], first["hint"]) == ("QUEUED", "+86…00")
    second = await world.post(path, {"phone": PHONE})
    assert second["id"] == first["id"]
    await world.deliver_events()
    assert await run_due(world, "desk", SEND_JOB) == 1
    await world.deliver_events()
    [line] = taken(gateway)
    assert line["to"] == "+8613800138000"
    assert line["text"].startswith(f"报价 {quote['document_no']} 共 11,635.66 CNY，有效期至 ")
    [shown] = await world.items(path)
    assert (shown["id"], shown["status"], shown["reason"]) == (first["id"], "SENT", None)
    assert shown["sent_at"]
    stored = "SELECT count(*) FROM outbox WHERE payload::text LIKE '%13800138000%'"
    assert await world.count("cpq", stored) == 0


async def test_a_draft_is_announced_to_nobody_and_an_address_is_needed(world: World) -> None:
    book = await create_price_book(world)
    operation = await convert_lead(world, await create_qualified_lead(world))
    await world.deliver_events()
    line = {"product_id": book["entries"][0]["product_id"], "quantity": "1"}
    body = {"opportunity_id": operation["result"]["opportunity_id"], "lines": [line]}
    quote = await world.post("/cpq/v1/quotes", body)
    path = f"/cpq/v1/quotes/{quote['id']}/messages"
    refused = await world.post(path, {"phone": PHONE}, expect=409)
    assert refused["code"] == "QUOTE_NOT_SENT"
    for wrong in ({}, {"phone": PHONE, "email": "w@example.com"}, {"email": "nobody"}):
        await world.post(path, wrong, expect=422)


async def test_a_withdrawn_consent_in_mtl_stops_marketing_in_desk(
    world: World, gateway: Path
) -> None:
    template = {
        "code": "NEWS",
        "name": "新品",
        "channel": "SMS",
        "language": "zh-CN",
        "body": "新品上市",
    }
    await world.post("/desk/v1/message-templates", template)
    message = {"template_code": "NEWS", "phone": PHONE}
    lead = await world.post("/mtl/v1/leads", {"name": "王芳", "phone": "+86 138-0013-8000"})
    await world.post(f"/mtl/v1/leads/{lead['id']}/consents/withdraw", {"media": ["MESSAGE"]})
    waiting = await world.post("/desk/v1/messages", message)
    assert waiting["status"] == "QUEUED"  # desk has not heard of it yet
    await world.deliver_events()
    await run_due(world, "desk", SEND_JOB)
    late = await world.get(f"/desk/v1/messages/{waiting['id']}")
    refused = await world.post("/desk/v1/messages", message)
    for one in (late, refused):
        assert (one["status"], one["reason"]) == ("REFUSED", "CONSENT_WITHDRAWN")
    assert taken(gateway) == []
    grant = {"media": ["MESSAGE"], "text": "我同意接收产品资讯。"}
    await world.post(f"/mtl/v1/leads/{lead['id']}/consents", grant)
    await world.deliver_events()
    assert (await world.post("/desk/v1/messages", message))["status"] == "QUEUED"
    await run_due(world, "desk", SEND_JOB)
    assert len(taken(gateway)) == 1
