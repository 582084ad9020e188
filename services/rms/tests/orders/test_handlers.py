"""An accepted quote creates one order, however often its event is delivered."""

import asyncio
from uuid import UUID

import orjson
import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import document_numbers, outbox, parked_events
from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.processing import Processor
from chassis.events.envelope import Envelope
from chassis.events.subscriptions import EventMeta
from chassis.foundation.refusals import Unavailable
from contracts.cpq.events import QuoteAccepted, QuoteState
from kernel.errors import RuleBroken
from kernel.ids import new_id
from rms.accounts.store import accounts
from rms.orders.handlers import on_quote_accepted
from rms.orders.store.tables import order_lines, orders
from rms.worker import SUBSCRIPTIONS
from services.rms.tests.factories import NOON, add_settings, cny, make_quote
from testkit.plugin import Committed, PublishedFacts
from testkit.tenants import remove_tenant

QUOTES = next(one for one in SUBSCRIPTIONS if one.name == "rms.quotes")


async def accept_quote(tx: AsyncConnection, quote: QuoteState) -> None:
    meta = EventMeta(
        event_id=new_id(),
        tenant=new_id(),
        aggregate_id=quote.quote_id,
        sequence=3,
        epoch=1,
        occurred_at=NOON,
    )
    await on_quote_accepted(tx, QuoteAccepted(quote=quote, accepted_at=NOON), meta)


async def test_a_redelivered_quote_creates_one_order(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    await add_settings(tx)
    quote = make_quote()
    for _ in range(3):
        await accept_quote(tx, quote)
    (order,) = (await tx.execute(select(orders))).all()
    assert (order.quote_id, order.quote_no, order.status) == (
        quote.quote_id,
        "Q-2026-000001",
        "OPEN",
    )
    assert (order.account_name, order.owner_id, order.version) == ("星辰科技", "seller-1", 1)
    assert order.document_no.endswith("-000001")
    (created,) = await published()
    assert (created.type, created.sequence) == ("rms.order.created.v1", 1)
    state = created.payload["order"]
    assert state["document_no"] == order.document_no
    assert state["gross_total"] == {"amount": "1230.01", "currency": "CNY"}
    assert [line["shipped_quantity"] for line in state["lines"]] == ["0", "0"]
    stored = (await tx.execute(select(order_lines.c.id))).scalars()
    assert {line["line_id"] for line in state["lines"]} == {str(one) for one in stored}


async def test_the_order_takes_the_account_name_from_the_replica(tx: AsyncConnection) -> None:
    await add_settings(tx)
    early, late = make_quote(), make_quote()
    await accept_quote(tx, early)
    await tx.execute(
        insert(accounts).values(id=late.account_id, epoch=1, sequence=1, name="星辰科技集团")
    )
    await accept_quote(tx, late)
    names = await tx.execute(select(orders.c.account_name).order_by(orders.c.document_no))
    assert list(names.scalars()) == ["星辰科技", "星辰科技集团"]


async def test_an_inconsistent_quote_creates_nothing(
    tx: AsyncConnection, published: PublishedFacts
) -> None:
    await add_settings(tx)
    with pytest.raises(RuleBroken, match="QUOTE_UNSOUND"):
        await accept_quote(tx, make_quote(gross_total=cny("1")))
    assert await published() == []
    assert (await tx.execute(select(orders))).all() == []


async def test_a_quote_of_an_unknown_tenant_is_retried(tx: AsyncConnection) -> None:
    await remove_tenant(tx)
    with pytest.raises(Unavailable, match="TENANT_NOT_READY"):
        await accept_quote(tx, make_quote())


def consumed_record(quote: QuoteState, tenant: UUID, *, offset: int = 0) -> ConsumerRecord:
    event = QuoteAccepted(quote=quote, accepted_at=NOON)
    envelope = Envelope(
        id=new_id(),
        source="/cpq",
        type=event.type,
        subject=quote.quote_id,
        time=NOON,
        tenantid=tenant,
        sequence=3,
        epoch=1,
        correlationid="c",
        traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        data=orjson.loads(event.model_dump_json()),
    )
    return ConsumerRecord(event.topic(), 0, offset, envelope.encode())


async def test_concurrent_processors_create_one_order_without_a_number_gap(
    committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await add_settings(tx)
    quote = make_quote()
    # Every other processor gets the same record, the others one with an event id of its own.
    same = consumed_record(quote, tenant)
    records = [same if n % 2 else consumed_record(quote, tenant, offset=n) for n in range(8)]
    processors = [Processor(QUOTES, committed.worker) for _ in records]
    await asyncio.gather(
        *(one.apply([record]) for one, record in zip(processors, records, strict=True))
    )
    await Processor(QUOTES, committed.worker).apply(
        [consumed_record(make_quote(), tenant, offset=9)]
    )
    async with committed.app.begin(tenant) as tx:
        numbers = list((await tx.execute(select(orders.c.document_no))).scalars())
        assert sorted(number[-6:] for number in numbers) == ["000001", "000002"]
        assert (await tx.execute(select(document_numbers.c.last))).scalar_one() == 2
        assert (await tx.execute(select(outbox.c.type).order_by("seq"))).scalars().all() == [
            *["rms.order.created.v1", "rms.work.changed.v1"] * 2
        ]
        assert (await tx.execute(select(parked_events))).all() == []
