"""Messages that a service asks desk for: once for each key, sealed on the way."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.sealing import Unreadable
from chassis.records.messages import actions
from chassis.records.messages.actions import desk_sends, request_message
from chassis.records.messages.model import MessageRequest, Recipient
from chassis.records.messages.routes import messages_of
from chassis.records.messages.sealed_contents import read_content, seal_content
from chassis.records.messages.tables import message_requests, message_states
from chassis.tenancy.erase import erase_rows
from chassis.tenancy.redaction import ErasureSubject
from chassis.tenancy.row_pages import RowPage
from contracts.messages import (
    LANGUAGES,
    MessageChannel,
    MessageKind,
    MessagePurpose,
    MessageText,
    VariableType,
)
from contracts.work import RecordRef
from kernel.ids import new_id
from kernel.money import Money
from testkit.plugin import Committed, PublishedFacts

NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
KIND = MessageKind(
    name="testkit.card_done",
    resource="testkit.card",
    zh="卡片完成",
    en="Card done",
    purpose=MessagePurpose.TRANSACTIONAL,
    variables={"title": VariableType.TEXT},
    texts=tuple(
        MessageText(channel=MessageChannel.MAIL, language=one, subject="{title}", body="{title}")
        for one in LANGUAGES
    ),
)
CARD = RecordRef(resource="testkit.card", record_id=new_id())
WANG = Recipient(channel=MessageChannel.MAIL, address="wang@example.com", language="en")


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("L2C_MODE", "development")
    desk_sends.cache_clear()
    yield
    desk_sends.cache_clear()


async def ask(tx: AsyncConnection, **changes: Any) -> MessageRequest:
    values = {"variables": {"title": "合同"}, "recipient": WANG, "key": "done", **changes}
    return await request_message(
        tx,
        KIND,
        CARD,
        values["recipient"],
        values["variables"],
        key=values["key"],
        requested_by="li",
        now=NOW,
    )


async def shown(tx: AsyncConnection) -> list[tuple[str, str | None, str | None]]:
    rows = await tx.execute(messages_of(CARD.resource, CARD.record_id))
    return [(row.status, row.reason, row.hint) for row in rows]


async def test_the_address_travels_sealed_and_is_kept_by_its_ends(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    request = await ask(tx)
    [fact] = await published()
    assert fact.type == "testkit.message_request.requested.v1"
    state = fact.payload["message_request"]
    assert (state["message_id"], state["kind"], state["language"]) == (
        str(request.id),
        "testkit.card_done",
        "en",
    )
    assert "wang" not in str(fact.payload)
    assert "合同" not in str(fact.payload)
    content = read_content(state["content"])
    assert content == {"address": "wang@example.com", "variables": {"title": "合同"}}
    assert await shown(tx) == [("QUEUED", None, "wa…@example.com")]


async def test_one_message_goes_to_an_address_under_a_key(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    first = await ask(tx)
    assert (await ask(tx)).id == first.id
    li = Recipient(channel=MessageChannel.MAIL, address="li@example.com")
    others = [await ask(tx, recipient=li), await ask(tx, key="done again")]
    assert len({first.id, *(one.id for one in others)}) == 3
    assert len(await published()) == 3


async def test_what_became_of_a_message_is_what_desk_says(tx: AsyncConnection) -> None:
    request = await ask(tx)
    copy = {"epoch": 1, "sequence": 3, "deleted": False, "reason": "550", "sent_at": None}
    await tx.execute(message_states.insert().values(id=request.id, status="BOUNCED", **copy))
    assert await shown(tx) == [("BOUNCED", "550", "wa…@example.com")]


async def test_without_desk_a_message_is_shown_as_not_sent(
    tx: AsyncConnection, published: PublishedFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "desk_sends", lambda: False)
    await ask(tx)
    assert await published() == []
    assert await shown(tx) == [("FAILED", "MESSAGES_NOT_DEPLOYED", "wa…@example.com")]


def test_a_setting_says_whether_desk_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, expected in (("false", False), ("true", True)):
        monkeypatch.setenv("L2C_MESSAGES", value)
        desk_sends.cache_clear()
        assert desk_sends() is expected


async def test_another_tenant_cannot_read_a_content(tx: AsyncConnection) -> None:
    sealed = seal_content({"address": "wang@example.com", "variables": {}})
    changed = sealed[:-8] + ("A" if sealed[-8] != "A" else "B") + sealed[-7:]
    with pytest.raises(Unreadable):
        read_content(changed)


@pytest.mark.parametrize(
    "wrong",
    [
        {"variables": {}},
        {"variables": {"title": "合同", "more": "x"}},
        {"variables": {"title": 7}},
        {"recipient": Recipient(channel=MessageChannel.SMS, address="+8613800138000")},
    ],
)
async def test_a_request_says_what_its_kind_declares(
    tx: AsyncConnection, published: PublishedFacts, wrong: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match=r"variables|value|testkit"):
        await ask(tx, **wrong)
    assert await published() == []


def test_values_are_written_as_templates_read_them() -> None:
    every = {
        "title": VariableType.TEXT,
        "url": VariableType.LINK,
        "total": VariableType.MONEY,
        "day": VariableType.DATE,
        "count": VariableType.NUMBER,
    }
    kind = MessageKind(**{**vars(KIND), "variables": every})
    values = {
        "title": "合同",
        "url": "https://example.com",
        "total": Money.of("1234.50", "CNY"),
        "day": date(2026, 12, 31),
        "count": Decimal("2.5"),
    }
    assert kind.values_json(values) == {
        "title": "合同",
        "url": "https://example.com",
        "total": {"amount": "1234.50", "currency": "CNY"},
        "day": "2026-12-31",
        "count": "2.5",
    }
    with pytest.raises(ValueError, match="DATE"):
        kind.values_json({**values, "day": NOW})


def test_a_kind_has_texts_in_both_languages() -> None:
    with pytest.raises(ValueError, match="one text in each"):
        MessageKind(**{**vars(KIND), "texts": KIND.texts[:1]})
    with pytest.raises(ValueError, match="should be <service>"):
        MessageKind(**{**vars(KIND), "name": "done"})
    assert KIND.code == "TESTKIT_CARD_DONE"


async def test_the_erasure_of_a_record_reaches_the_ends_of_the_address(
    committed: Committed, tenant: UUID
) -> None:
    person = ErasureSubject(ids={CARD.record_id})
    async with committed.app.begin(tenant) as tx:
        await ask(tx)
    async with committed.worker.begin(tenant) as tx:
        assert await erase_rows(tx, RowPage(message_requests, None, None), person) == 1
        assert await shown(tx) == [("QUEUED", None, None)]
