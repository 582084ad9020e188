"""Senders hand in payloads with the key of a channel, and leads come of them."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.channels.senders import (
    MAPPED,
    captures,
    issue_key,
    make_channel,
    open_channel,
    send,
)
from services.mtl.tests.factories import create, problem
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts, PublishedWork

FORM = {"form": {"name": " 王芳 ", "company": "远景科技", "phone": "138 0013 8000"}, "page": "/cn"}
MANAGER = "mtl.channel.read mtl.channel.write mtl.capture.read mtl.capture.write mtl.lead.*"


async def leads_of(client: AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await client.get("/leads?sort=created_at")).json()["items"]
    return items


async def test_a_capture_becomes_a_lead_with_its_touch(
    client: AsyncClient, published: PublishedFacts
) -> None:
    channel_id, key = await open_channel(client, mapping=MAPPED)
    answer = await send(client, channel_id, key, FORM, event_id="e-1")
    assert answer.status_code == 201, answer.text
    assert answer.json()["outcome"] == "ACCEPTED"
    assert answer.json()["reasons"] == []
    [lead] = await leads_of(client)
    shown = {name: lead[name] for name in ("name", "company", "phone", "source", "owner_id")}
    assert shown == {
        "name": "王芳",
        "company": "远景科技",
        "phone": "+8613800138000",
        "source": "官网",
        "owner_id": None,
    }
    [touch] = (await client.get(f"/leads/{lead['id']}/touches")).json()["items"]
    assert (touch["kind"], touch["channel"]) == ("FORM", "官网")
    assert touch["payload"] == {
        "form.name": "王芳",
        "form.company": "远景科技",
        "form.phone": "138 0013 8000",
        "page": "/cn",
    }
    [capture] = await captures(client)
    assert (capture["outcome"], capture["lead_id"]) == ("ACCEPTED", lead["id"])
    assert (capture["channel_name"], capture["lead_name"]) == ("官网", "远景科技")
    facts = [fact.type for fact in await published()]
    assert facts.count("mtl.lead.captured.v1") == 1
    assert facts.count("mtl.lead_touch.recorded.v1") == 1
