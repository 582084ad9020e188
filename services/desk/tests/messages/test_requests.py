"""Messages that other services ask for: in whose words, once, and what stops them."""

from datetime import UTC, datetime
from itertools import permutations
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.database.encryption.sealing import digest
from chassis.records.messages.sealed_contents import seal_content
from chassis.web.commands import Command
from contracts.consents import ADDRESS_PLACE
from contracts.cpq.messages import QUOTE_SENT
from contracts.messages import MessageChannel, MessageRequestState
from contracts.mtl.events import ConsentState
from desk.message_consents.actions import follow_consent
from desk.messages.actions.queue import SEND_JOB
from desk.messages.actions.requests import follow_request
from kernel.ids import new_id
from services.desk.tests.files.uploading import code_of
from testkit.plugin import PublishedFacts, PublishedWork
from testkit.tokens import CALLER

NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
WANG = "wang@example.com"
VALUES = {
    "account": "上海示例有限公司",
    "quote_no": "Q-1",
    "total": {"amount": "1234.50", "currency": "CNY"},
    "valid_until": "2026-12-31",
}
TEMPLATE = {
    "code": "CPQ_QUOTE_SENT",
    "name": "我们的报价通知",
    "channel": "MAIL",
    "language": "zh-CN",
    "subject": "【示例】{quote_no}",
    "body": "{account} / {total:MONEY}",
    "purpose": "TRANSACTIONAL",
}


def request_of(*, variables: dict[str, Any] | None = None, **changes: Any) -> MessageRequestState:
    address = changes.pop("address", WANG)
    values = {
        "message_id": new_id(),
        "kind": "cpq.quote_sent",
        "channel": "MAIL",
        "content": seal_content({"address": address, "variables": variables or VALUES}),
        "resource": "cpq.quote",
        "record_id": new_id(),
        "requested_by": CALLER,
        "requested_at": NOW,
        **changes,
    }
    return MessageRequestState.model_validate(values)


async def arrive(tx: AsyncConnection, request: MessageRequestState) -> UUID:
    await follow_request(Command(tx, NOW, actor=request.requested_by), request)
    return request.message_id


async def read(client: AsyncClient, message_id: UUID) -> dict[str, Any]:
    answer = await client.get(f"/messages/{message_id}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_message_is_queued_once_in_the_words_of_its_kind(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts
) -> None:
    request = request_of()
    for _ in range(2):
        await arrive(tx, request)
    message = await read(client, request.message_id)
    assert (message["subject"], message["status"], message["purpose"]) == (
        "报价 Q-1",
        "QUEUED",
        "TRANSACTIONAL",
    )
    assert "1,234.50 CNY，有效期至 2026年12月31日" in message["body"]
    assert (message["about_resource"], message["requested_by"]) == ("cpq.quote", CALLER)
    keys = await tx.scalars(select(jobs.c.key).where(jobs.c.kind == SEND_JOB))
    assert keys.all() == [str(request.message_id)]
    [created] = await published()
    assert created.type == "desk.message.created.v1"
    assert "wang" not in str(created.payload)


async def test_the_language_is_the_recipients(client: AsyncClient, tx: AsyncConnection) -> None:
    message = await read(client, await arrive(tx, request_of(language="en")))
    assert (message["language"], message["subject"]) == ("en", "Quote Q-1")


async def test_a_tenant_says_it_in_its_own_words(client: AsyncClient, tx: AsyncConnection) -> None:
    created = await client.post("/message-templates", json=TEMPLATE)
    assert created.status_code == 201, created.text
    message = await read(client, await arrive(tx, request_of()))
    assert (message["subject"], message["body"]) == (
        "【示例】Q-1",
        "上海示例有限公司 / 1,234.50 CNY",
    )
    english = await read(client, await arrive(tx, request_of(language="en")))
    assert english["subject"] == "Quote Q-1"  # the tenant has no English text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"body": "{customer}"}, "TEMPLATE_VARIABLE_NOT_GIVEN"),
        ({"body": "{total}"}, "TEMPLATE_VARIABLE_NOT_GIVEN"),  # a text where an amount is given
        ({"purpose": "MARKETING"}, "TEMPLATE_PURPOSE_GIVEN"),
    ],
)
async def test_a_template_of_a_kind_uses_what_the_kind_gives(
    client: AsyncClient, change: dict[str, Any], code: str
) -> None:
    refused = await client.post("/message-templates", json={**TEMPLATE, **change})
    assert code_of(refused) == (422, code)
    [violation] = refused.json()["errors"]
    assert violation["message"]


async def test_what_cannot_be_said_is_seen_by_who_asked(
    client: AsyncClient,
    tx: AsyncConnection,
    published: PublishedFacts,
    published_work: PublishedWork,
) -> None:
    unknown = await arrive(tx, request_of(kind="cpq.from_tomorrow"))
    wrong = await arrive(tx, request_of(variables={**VALUES, "total": "many"}))
    reasons = [(await read(client, one))["reason"] for one in (unknown, wrong)]
    assert reasons == ["MESSAGE_KIND_UNKNOWN", "VARIABLE_WRONG"]
    states = [fact.payload["message"] for fact in await published() if "message" in fact.payload]
    assert [(one["status"], one["reason"]) for one in states] == [
        ("FAILED", "MESSAGE_KIND_UNKNOWN"),
        ("FAILED", "VARIABLE_WRONG"),
    ]
    told = await published_work()
    assert [work.kind for work in told] == ["MESSAGE_FAILED"] * 2
    assert told[1].message.endswith(f"could not be sent ({QUOTE_SENT.en}).")  # no code
    again = await client.post(f"/messages/{unknown}/retry")
    assert code_of(again) == (409, "MESSAGE_NOT_WRITTEN")


def consent(state: str, hour: int, *, address: str = WANG, medium: str = "MAIL") -> ConsentState:
    return ConsentState(
        consent_id=new_id(),
        medium=medium,
        state=state,
        address_digest=digest(address, ADDRESS_PLACE).hex(),
        at=NOW.replace(hour=hour),
    )


async def test_who_has_withdrawn_gets_no_marketing_but_their_business(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    news = {**TEMPLATE, "code": "NEWS", "purpose": "MARKETING", "subject": "新品", "body": "新品"}
    assert (await client.post("/message-templates", json=news)).status_code == 201
    await follow_consent(tx, MessageChannel.MAIL, consent("WITHDRAWN", 2))
    body = {"template_code": "NEWS", "email": WANG}
    refused = (await client.post("/messages", json=body)).json()
    assert (refused["status"], refused["reason"]) == ("REFUSED", "CONSENT_WITHDRAWN")
    assert (await read(client, await arrive(tx, request_of())))["status"] == "QUEUED"
    other = await client.post("/messages", json={**body, "email": "li@example.com"})
    assert other.json()["status"] == "QUEUED"
    await follow_consent(tx, MessageChannel.MAIL, consent("GRANTED", 3))
    assert (await client.post("/messages", json=body)).json()["status"] == "QUEUED"
    await client.post("/message-bans", json={"email": WANG})
    banned = await read(client, await arrive(tx, request_of()))
    assert (banned["status"], banned["reason"]) == ("REFUSED", "ASKED")


async def test_the_latest_consent_counts_in_whatever_order_they_arrive(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    news = {**TEMPLATE, "code": "NEWS", "purpose": "MARKETING", "subject": "新品", "body": "新品"}
    await client.post("/message-templates", json=news)
    for number, latest in enumerate(("GRANTED", "WITHDRAWN")):
        earlier = "WITHDRAWN" if latest == "GRANTED" else "GRANTED"
        for place, order in enumerate(permutations([(earlier, 2), (latest, 4), (earlier, 3)])):
            address = f"p{number}{place}@example.com"
            for state, hour in order:
                fact = consent(state, hour, address=address)
                await follow_consent(tx, MessageChannel.MAIL, fact)
            body = {"template_code": "NEWS", "email": address}
            status = (await client.post("/messages", json=body)).json()["status"]
            assert status == ("QUEUED" if latest == "GRANTED" else "REFUSED")


async def test_of_the_same_instant_the_withdrawal_counts(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    news = {**TEMPLATE, "code": "NEWS", "purpose": "MARKETING", "subject": "新品", "body": "新品"}
    await client.post("/message-templates", json=news)
    for place, order in enumerate(permutations(["GRANTED", "WITHDRAWN"])):
        address = f"same{place}@example.com"
        for state in order:
            await follow_consent(tx, MessageChannel.MAIL, consent(state, 2, address=address))
        answer = await client.post("/messages", json={"template_code": "NEWS", "email": address})
        assert answer.json()["status"] == "REFUSED"
