"""Records that cannot be decoded or do not fit their schema: parked, never lost."""

import asyncio
from typing import ClassVar
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.events.consumer.dead_letter_commands import list_parked
from chassis.events.consumer.decoded_records import (
    NO_TENANT,
    from_stored_json,
    to_stored_json,
)
from chassis.events.consumer.processing import Processor
from chassis.events.subscriptions import EventMeta, process
from contracts.event import Event
from kernel.ids import new_id
from libs.chassis.tests.events.consumer.samples import (
    Faults,
    Partition,
    effects_process,
    make_envelope,
    outcomes,
)
from testkit.plugin import Committed


async def test_an_undecodable_record_is_parked_under_what_is_decodable(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    subscription, partition, note = effects_process(faults), Partition(tenant), new_id()
    whole = make_envelope(tenant, note, 1, "x").encode()
    values = {
        b"\xff\x00 no JSON": (NO_TENANT, "testkit.note.v1:0:0"),
        b'[1, "\\u0000"]': (NO_TENANT, "testkit.note.v1:0:1"),
        b"": (NO_TENANT, "testkit.note.v1:0:2"),
        b'{"tenantid": "%s"}' % str(tenant).encode(): (tenant, "testkit.note.v1:0:3"),
        whole.replace(b'"sequence":1', b'"sequence":-1'): (tenant, f"testkit.note.v1:{note}"),
        make_envelope(tenant, (nul := new_id()), 1)
        .encode()
        .replace(b'"text":""', b'"text":7,"a":"\\u0000"'): (
            tenant,
            f"testkit.note.v1:{nul}",
        ),
    }
    records = [partition.append(value) for value in values]
    later = partition.note(note, 2)
    for _ in range(2):
        await Processor(subscription, committed.worker).apply([*records, later])
    async with committed.worker.begin(None) as tx:
        parked = await list_parked(tx)
    parked_keys = [(p.tenant_id, p.key, p.reason.value) for p in parked]
    assert sorted(parked_keys[:3]) == sorted((*v, "FAILED") for v in list(values.values())[:3])
    assert {(t, k) for t, k, _ in parked_keys} == set(values.values())
    assert [r for _, _, r in parked_keys].count("BEHIND") == 1
    assert await outcomes(committed.worker, NO_TENANT, subscription) == {
        "parked": 3,
        "duplicates": 3,
    }
    assert await outcomes(committed.worker, tenant, subscription) == {
        "parked": 4,
        "duplicates": 4,
    }


class Tagged(Event):
    """An event whose data may have any keys."""

    type: ClassVar[str] = "testkit.note.tagged.v1"
    tags: dict[str, str]


def tagged(tenant: UUID, tags: bytes) -> bytes:
    whole = make_envelope(tenant, new_id(), 1, kind=Tagged.type)
    return whole.encode().replace(b'"data":{', b'"data":{"tags":' + tags + b",")


@pytest.mark.parametrize(
    "tags",
    [
        b'{"a\\u0000":1}',
        b'{"' + b"x" * 5_000 + b'":1}',
        b'{"a":' + b"[" * 300 + b"]" * 300 + b"}",
    ],
    ids=["NUL", "long", "deep"],
)
async def test_an_event_is_parked_whatever_is_wrong_with_it(
    committed: Committed, tenant: UUID, tags: bytes
) -> None:
    async def on_note_tagged(_: AsyncConnection, __: Tagged, ___: EventMeta) -> None: ...

    subscription = process("sample.tagged", {Tagged: on_note_tagged})
    value = tagged(tenant, tags)
    async with asyncio.timeout(10):
        await Processor(subscription, committed.worker).apply([Partition(tenant).append(value)])
    async with committed.worker.begin(tenant) as tx:
        (parked,) = await list_parked(tx)
    assert parked.error.startswith("testkit.note.tagged.v1 does not fit its schema: tags.")
    assert orjson.loads(from_stored_json(parked.envelope)) == orjson.loads(value)


def test_data_that_looks_like_stored_base64_is_kept_as_it_came() -> None:
    value = b'{"raw_base64":"!"}'
    assert from_stored_json(to_stored_json(value)) == value


async def test_an_event_that_fails_before_its_handler_is_parked_with_a_fixed_text(
    committed: Committed, tenant: UUID, faults: Faults
) -> None:
    """A constraint stands for any other reason why an event cannot be parked as it is."""
    subscription, note = effects_process(faults, "sample.stuck"), new_id()
    owner = Database(committed.urls.owner_url, name="test-owner")
    trap = "ALTER TABLE parked_events ADD CONSTRAINT trap CHECK (error NOT LIKE '%fit%')"
    async with owner.begin(None) as tx:
        await tx.execute(text(trap))
    value = make_envelope(tenant, note, 1, "x").encode().replace(b'"text":"x"', b'"text":null')
    try:
        async with asyncio.timeout(10):
            record = Partition(tenant).append(value)
            await Processor(subscription, committed.worker).apply([record])
    finally:
        async with owner.begin(None) as tx:
            await tx.execute(text("ALTER TABLE parked_events DROP CONSTRAINT trap"))
        await owner.dispose()
    async with committed.worker.begin(tenant) as tx:
        (parked,) = await list_parked(tx)
    assert parked.error == (
        "HandlerNotReached: The event failed before its handler ran; see the worker's log."
    )
