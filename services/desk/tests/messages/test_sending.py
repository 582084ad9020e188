"""Messages from the queue to the outside: sent once, tried again, limited, banned, in doubt."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Again, Done
from chassis.jobs.runner import JobRunner
from desk.messages.actions.queue import SEND_JOB
from desk.messages.store import message_rates, messages
from desk.messages.timers import SEND_MESSAGE
from desk.settings import DeskSettings
from services.desk.tests.conftest import forget_settings
from services.desk.tests.files.uploading import code_of
from services.desk.tests.messages.mail_server import MailServer, mail_server
from testkit.jobs import make_job, run_steps
from testkit.plugin import Committed, PublishedWork
from testkit.tokens import CALLER

SENDER = "示例科技 <no-reply@shili.example>"
TEMPLATE = {
    "code": "QUOTE_LINK",
    "name": "报价链接",
    "channel": "MAIL",
    "language": "zh-CN",
    "subject": "报价 {no}",
    "body": "{customer}，您好：\n{url:LINK}",
}
KEY = "l2ck_EXAMPLE0123456789"
VALUES = {"no": "Q-1", "customer": "王芳", "url": f"https://example.com/q/{KEY}"}
WANG = "wang@example.com"


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MailServer]:
    async with mail_server() as running:
        monkeypatch.setenv("DESK_SMTP_URL", running.url)
        monkeypatch.setenv("DESK_MAIL_FROM", SENDER)
        forget_settings()
        yield running


async def queued(client: AsyncClient, **more: Any) -> dict[str, Any]:
    """Queue a mail by the template, which is created if it is missing."""
    await client.post("/message-templates", json=TEMPLATE)
    body = {"template_code": "QUOTE_LINK", "email": WANG, "variables": VALUES, **more}
    created = await client.post("/messages", json=body)
    assert created.status_code == 201, created.text
    message: dict[str, Any] = created.json()
    return message


async def send(tx: AsyncConnection, tenant: UUID, message: dict[str, Any]) -> Done | Again:
    return await run_steps(SEND_MESSAGE, tx, make_job(tenant, SEND_JOB, message["id"]))


async def shown(client: AsyncClient, message: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/messages/{message['id']}")).json()
    return found


async def test_a_mail_is_sent_in_the_language_of_its_template_and_logged(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, server: MailServer
) -> None:
    message = await queued(client)
    assert (message["status"], message["requested_by"]) == ("QUEUED", CALLER)
    assert "https://example.com/q/l2ck_***" in message["body"]  # the key is for its recipient alone
    assert await tx.scalar(select(jobs.c.key).where(jobs.c.kind == SEND_JOB)) == message["id"]
    assert server.taken == []
    assert await send(tx, tenant, message) == Done()
    [mail] = server.taken
    assert server.recipients == [WANG]
    assert mail["Message-ID"] == f"<{message['id']}@shili.example>"
    assert mail["Subject"] == "报价 Q-1"
    assert parseaddr(mail["From"]) == ("示例科技", "no-reply@shili.example")
    assert (mail["To"], mail["Auto-Submitted"]) == (WANG, "auto-generated")
    assert mail.get_content().strip() == f"王芳，您好：\n{VALUES['url']}"
    after = await shown(client, message)
    assert (after["status"], after["attempts"]) == ("SENT", 1)
    assert after["sent_at"]
    kept = await tx.scalar(select(messages.c.body))
    assert KEY not in str(kept)  # a key of a link is kept no longer than it takes
    assert await send(tx, tenant, message) == Done()
    assert len(server.taken) == 1
    [listed] = (await client.get(f"/messages?email={WANG}&status=SENT")).json()["items"]
    assert listed["id"] == message["id"]
    trail = await client.get(f"/messages/{message['id']}/audit")
    assert trail.status_code == 200
    assert KEY not in trail.text


async def test_a_busy_server_is_tried_again_later(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, server: MailServer
) -> None:
    server.answers[WANG] = "451 try again later"
    message = await queued(client)
    job = make_job(tenant, SEND_JOB, message["id"])
    again = await run_steps(SEND_MESSAGE, tx, job)
    assert isinstance(again, Again)
    assert again.run_at - job.now == timedelta(minutes=1)
    after = await shown(client, message)
    assert (after["status"], after["reason"]) == ("QUEUED", "451 try again later")
    del server.answers[WANG]
    assert await send(tx, tenant, message) == Done()
    assert len(server.taken) == 1


async def test_a_message_that_is_given_up_is_seen_and_can_be_tried_again(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    server: MailServer,
    published_work: PublishedWork,
) -> None:
    server.data_answer = "554 looks like spam"
    message = await queued(client)
    assert await send(tx, tenant, message) == Done()
    [failed] = (await client.get("/messages?status=FAILED")).json()["items"]
    assert (failed["id"], failed["reason"]) == (message["id"], "554 looks like spam")
    [told] = await published_work()
    assert (told.kind, told.person) == ("MESSAGE_FAILED", CALLER)
    assert told.message == "A message to wa…@example.com could not be sent (QUOTE_LINK)."
    server.data_answer = "250 taken"
    retried = await client.post(f"/messages/{message['id']}/retry")
    assert (retried.json()["status"], retried.json()["attempts"]) == ("QUEUED", 0)
    again = await client.post(f"/messages/{message['id']}/retry")
    assert again.json()["version"] == retried.json()["version"]
    assert await send(tx, tenant, message) == Done()
    assert len(server.taken) == 1
    refused = await client.post(f"/messages/{message['id']}/retry")
    assert code_of(refused) == (409, "MESSAGE_NOT_FAILED")


async def test_an_address_that_nobody_has_is_banned(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, server: MailServer
) -> None:
    server.answers[WANG] = "550 5.1.1 no such user"
    message = await queued(client)
    assert await send(tx, tenant, message) == Done()
    assert (await shown(client, message))["status"] == "BOUNCED"
    [ban] = (await client.get("/message-bans")).json()["items"]
    assert (ban["reason"], ban["hint"], ban["channel"]) == ("BOUNCED", "wa…@example.com", "MAIL")
    second = await queued(client)
    assert (second["status"], second["reason"]) == ("REFUSED", "BOUNCED")
    assert (await client.delete(f"/message-bans/{ban['id']}")).status_code == 204
    del server.answers[WANG]
    assert (await client.post(f"/messages/{second['id']}/retry")).status_code == 200
    assert await send(tx, tenant, second) == Done()
    assert len(server.taken) == 1


async def test_nothing_is_sent_to_who_asked_for_it_also_while_it_waits(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, server: MailServer
) -> None:
    message = await queued(client)
    banned = await client.post("/message-bans", json={"email": "WANG@example.com", "note": "来电"})
    assert (banned.status_code, banned.json()["reason"]) == (201, "ASKED")
    assert (await client.post("/message-bans", json={"email": WANG})).json() == banned.json()
    assert await send(tx, tenant, message) == Done()
    assert (await shown(client, message))["status"] == "REFUSED"
    assert (await queued(client))["status"] == "REFUSED"
    assert server.taken == []
    other = await queued(client, email="li@example.com")
    assert await send(tx, tenant, other) == Done()
    assert server.recipients == ["li@example.com"]


@pytest.mark.parametrize(
    ("kind", "status", "bans"),
    [
        ("HARD", "BOUNCED", ["BOUNCED"]),
        ("COMPLAINT", "BOUNCED", ["COMPLAINED"]),
        ("SOFT", "SENT", []),
    ],
)
async def test_a_bounce_that_is_reported_later_is_noted(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    server: MailServer,
    kind: str,
    status: str,
    bans: list[str],
) -> None:
    message = await queued(client)
    path = f"/messages/{message['id']}/bounces"
    early = await client.post(path, json={"kind": "HARD"})
    assert code_of(early) == (409, "MESSAGE_NOT_SENT")
    await send(tx, tenant, message)
    for _ in range(2):
        noted = await client.post(path, json={"kind": kind, "reason": "mailbox"})
        assert (noted.status_code, noted.json()["status"]) == (200, status)
    found = (await client.get("/message-bans")).json()["items"]
    assert [one["reason"] for one in found] == bans


async def test_a_crash_after_sending_leads_to_one_repetition_with_the_same_id(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    server: MailServer,
    published_work: PublishedWork,
) -> None:
    message = await queued(client)
    job = make_job(tenant, SEND_JOB, message["id"])
    for _ in range(2):  # two processes send, and die before they write it down
        work = await SEND_MESSAGE.prepare(tx, job)
        assert not isinstance(work, Done | Again)
        await SEND_MESSAGE.perform(work)
    assert await SEND_MESSAGE.prepare(tx, job) == Done()
    assert len({mail["Message-ID"] for mail in server.taken}) == 1
    assert len(server.taken) == 2
    assert (await shown(client, message))["status"] == "UNCERTAIN"
    [told] = await published_work()
    assert told.kind == "MESSAGE_FAILED"


async def test_one_crash_is_healed_by_the_next_process(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, server: MailServer
) -> None:
    message = await queued(client)
    work = await SEND_MESSAGE.prepare(tx, make_job(tenant, SEND_JOB, message["id"]))
    assert not isinstance(work, Done | Again)
    assert await send(tx, tenant, message) == Done()
    assert (await shown(client, message))["status"] == "SENT"
    assert len(server.taken) == 1


async def test_limits_let_messages_wait(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESK_MESSAGES_PER_MINUTE", "3")
    monkeypatch.setenv("DESK_MESSAGES_PER_RECIPIENT_DAY", "2")
    forget_settings()
    same = [await queued(client) for _ in range(3)]
    job = make_job(tenant, SEND_JOB, same[2]["id"])
    now = job.now
    results = [await run_steps(SEND_MESSAGE, tx, at(tenant, one, now)) for one in same]
    assert results[:2] == [Done(), Done()]
    assert isinstance(results[2], Again)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert results[2].run_at == midnight
    others = [await queued(client, email=f"li{n}@example.com") for n in range(2)]
    assert await run_steps(SEND_MESSAGE, tx, at(tenant, others[0], now)) == Done()
    waits = await run_steps(SEND_MESSAGE, tx, at(tenant, others[1], now))
    assert isinstance(waits, Again)
    assert waits.run_at == now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    assert await run_steps(SEND_MESSAGE, tx, at(tenant, others[1], waits.run_at)) == Done()
    assert len(server.taken) == 4
    used = select(message_rates.c.used).where(message_rates.c.key == "MAIL")
    assert await tx.scalar(used) == 1


def at(tenant: UUID, message: dict[str, Any], now: Any) -> Any:
    return make_job(tenant, SEND_JOB, message["id"], now=now)


async def test_simultaneous_senders_send_each_message_once_and_keep_the_limit(
    committed_client: AsyncClient,
    committed: Committed,
    tenant: UUID,
    server: MailServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DESK_MESSAGES_PER_RECIPIENT_DAY", "5")
    forget_settings()
    sent = [await queued(committed_client) for _ in range(8)]
    runners = [JobRunner(committed.worker, {SEND_JOB: SEND_MESSAGE}) for _ in range(3)]
    stop = asyncio.Event()
    tasks = [asyncio.create_task(runner.run(stop)) for runner in runners]
    async with asyncio.timeout(30):
        while await waiting_now(committed, tenant):  # noqa: ASYNC110  # the condition is in the database
            await asyncio.sleep(0.05)
    stop.set()
    await asyncio.gather(*tasks)
    assert len(server.taken) == 5
    assert len({mail["Message-ID"] for mail in server.taken}) == 5
    statuses = [(await shown(committed_client, one))["status"] for one in sent]
    assert sorted(statuses) == ["QUEUED"] * 3 + ["SENT"] * 5


async def waiting_now(committed: Committed, tenant: UUID) -> int:
    """Count the jobs that are due within an hour: those at a limit wait for the next day."""
    soon = func.now() + timedelta(minutes=5)
    query = select(func.count()).select_from(jobs).where(jobs.c.run_at < soon)
    async with committed.app.begin(tenant) as tx:
        return await tx.scalar(query) or 0


async def test_a_text_message_goes_to_the_gateway_once(
    client: AsyncClient,
    tx: AsyncConnection,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    record = tmp_path / "sms" / "sent.jsonl"
    monkeypatch.setenv("DESK_SMS", f"record:{record}")
    forget_settings()
    template = {**TEMPLATE, "channel": "SMS", "subject": None, "body": "验证 {no}"}
    assert (await client.post("/message-templates", json=template)).status_code == 201
    body = {"template_code": "QUOTE_LINK", "phone": "138 0013 8000", "variables": {"no": "1"}}
    message = (await client.post("/messages", json=body)).json()
    job = make_job(tenant, SEND_JOB, message["id"])
    work = await SEND_MESSAGE.prepare(tx, job)
    assert not isinstance(work, Done | Again)
    await SEND_MESSAGE.perform(work)
    assert await send(tx, tenant, message) == Done()
    [line] = [json.loads(one) for one in record.read_text().splitlines()]
    assert line == {"id": message["id"], "to": "+8613800138000", "text": "验证 1"}


async def test_a_channel_without_a_transport_fails_where_people_see_it(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published_work: PublishedWork
) -> None:
    message = await queued(client)
    assert await send(tx, tenant, message) == Done()
    after = await shown(client, message)
    assert (after["status"], after["reason"]) == ("FAILED", "CHANNEL_OFF")
    assert len(await published_work()) == 1


async def test_everything_wrong_with_a_message_is_said_at_once(client: AsyncClient) -> None:
    await client.post("/message-templates", json=TEMPLATE)
    base = {"template_code": "QUOTE_LINK", "variables": VALUES}
    for body, expected in (
        (base, "ADDRESS_NOT_ONE"),
        ({**base, "email": WANG, "phone": "13800138000"}, "ADDRESS_NOT_ONE"),
        ({**base, "email": "nobody"}, "EMAIL_INVALID"),
        ({**base, "email": WANG, "template_code": "OTHER"}, "MESSAGE_TEMPLATE_UNKNOWN"),
        ({**base, "phone": "13800138000"}, "MESSAGE_TEMPLATE_UNKNOWN"),
        ({**base, "email": WANG, "variables": {}}, "VARIABLE_MISSING"),
        ({**base, "email": WANG, "about_resource": "cpq.quote"}, "RECORD_HALF_NAMED"),
    ):
        assert code_of(await client.post("/messages", json=body)) == (422, expected)


async def test_the_language_is_the_wanted_one_or_what_there_is(client: AsyncClient) -> None:
    english = {**TEMPLATE, "language": "en", "subject": "Quote {no}"}
    await client.post("/message-templates", json=english)
    assert (await queued(client, language="en"))["subject"] == "Quote Q-1"
    assert (await queued(client))["subject"] == "报价 Q-1"  # the tenant's first language
    listed = (await client.get("/message-templates?code=quote_link")).json()["items"]
    [chinese] = [one for one in listed if one["language"] == "zh-CN"]
    await client.patch(f"/message-templates/{chinese['id']}", json={"active": False})
    assert (await queued(client))["subject"] == "Quote Q-1"


async def test_an_idempotency_key_queues_one_message(client: AsyncClient) -> None:
    await client.post("/message-templates", json=TEMPLATE)
    body = {"template_code": "QUOTE_LINK", "email": WANG, "variables": VALUES}
    headers = {"Idempotency-Key": "once"}
    first, second = [await client.post("/messages", json=body, headers=headers) for _ in range(2)]
    assert first.json()["id"] == second.json()["id"]
    assert len((await client.get("/messages")).json()["items"]) == 1


async def test_a_server_that_nobody_reaches_defers(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_SMTP_URL", "smtp://127.0.0.1:1")
    monkeypatch.setenv("DESK_MAIL_FROM", SENDER)
    forget_settings()
    message = await queued(client)
    assert isinstance(await send(tx, tenant, message), Again)
    assert (await shown(client, message))["status"] == "QUEUED"


async def test_a_server_that_does_not_answer_gets_a_mail_twice_at_most(
    server: MailServer, tenant: UUID, client: AsyncClient, tx: AsyncConnection
) -> None:
    """Perhaps both arrive, under one id; then people decide."""
    server.hangs_up = True
    message = await queued(client)
    for _ in range(4):
        await send(tx, tenant, message)
    assert len({mail["Message-ID"] for mail in server.taken}) == 1
    assert len(server.taken) == 2
    assert (await shown(client, message))["status"] == "UNCERTAIN"


async def test_a_sign_in_that_the_server_refuses_defers(
    server: MailServer,
    tenant: UUID,
    client: AsyncClient,
    tx: AsyncConnection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server of the test offers no sign-in: settings are wrong, and may be mended."""
    monkeypatch.setenv("DESK_SMTP_URL", server.url.replace("//", "//u%40x:p%2Fw@"))
    forget_settings()
    message = await queued(client)
    assert isinstance(await send(tx, tenant, message), Again)
    assert server.taken == []


def test_a_mail_server_needs_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_SMTP_URL", "smtp://127.0.0.1")
    with pytest.raises(ValueError, match="DESK_MAIL_FROM"):
        DeskSettings.of()
    monkeypatch.setenv("DESK_MAIL_FROM", SENDER)
    assert DeskSettings.of().mail_from == SENDER
    monkeypatch.setenv("DESK_SMTP_URL", "http://127.0.0.1")
    with pytest.raises(ValueError, match="DESK_SMTP_URL"):
        DeskSettings.of()
