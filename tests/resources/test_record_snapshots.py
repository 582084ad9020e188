"""The snapshot of every record is the state that its last event carries, at the same version."""

from importlib import import_module
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.snapshots.sources import SnapshotSource, record_source
from kernel.ids import new_id
from testkit.cards.store import CARD
from testkit.samples import Body
from tests.resources.records import ANY, Records

CARDS = record_source(CARD)


def source_of(records: Records) -> SnapshotSource | None:
    """Return the source of the resource's snapshots; None if its records are not published."""
    resource = records.resource
    if resource.service == "testkit":
        return CARDS if resource.name == CARDS.aggregate else None
    sources = import_module(f"{resource.service}.worker").WORKER.snapshots
    return next((one for one in sources if one.aggregate == resource.name), None)


async def snapshots(tx: AsyncConnection, source: SnapshotSource) -> dict[str, tuple[int, Any]]:
    """Return version and state of every record by its id, read in pages of two."""
    found: dict[str, tuple[int, Any]] = {}
    after: UUID | None = None
    while True:
        page = await source.page(tx, after, 2)
        for record in page.records:
            event = source.event(record, new_id()).model_dump(mode="json")
            found[str(record.id)] = (record.version, event[source.aggregate.partition(".")[2]])
        if page.last_id is None:
            return found
        after = page.last_id


async def last_state(records: Records, record: Body) -> tuple[int, Any]:
    last = (await records.events(record))[-1]
    return last.sequence, last.payload[records.resource.noun]


@pytest.mark.records
async def test_a_snapshot_equals_the_last_event(records: Records, tx: AsyncConnection) -> None:
    source = source_of(records)
    if source is None:
        assert not records.is_published
        return
    number = 1 if records.sample.make else 3
    made = [await records.create() for _ in range(number)]
    await records.patch(made[0])
    found = await snapshots(tx, source)
    assert {key: found[key] for key in (one["id"] for one in made)} == {
        one["id"]: await last_state(records, one) for one in made
    }
    if records.has("DELETE /{}"):
        await records.call("DELETE /{}", made[0]["id"], if_match=ANY)
        found = await snapshots(tx, source)
        if records.has("POST /{}/restore"):
            assert found[made[0]["id"]] == await last_state(records, made[0])
            assert found[made[0]["id"]][1]["deleted"] is True
        else:
            assert made[0]["id"] not in found
