"""The source of an aggregate's snapshots, derived from the record type of the same name."""

from functools import partial
from typing import Any

from chassis.records.record_types import RecordType
from chassis.records.snapshots.job import SnapshotSource
from contracts.event import AggregateState, Snapshot


def snapshot_source(record_type: RecordType[Any], kind: type[Snapshot]) -> SnapshotSource:
    """Return where the records are read whose present state a snapshot of this kind carries.

    Raises TypeError if the snapshot's field of the record's name is no state of an aggregate.
    """
    state = kind.model_fields[record_type.name].annotation
    if not (isinstance(state, type) and issubclass(state, AggregateState)):
        raise TypeError(f"{kind.__name__}.{record_type.name} should be the state of an aggregate")
    load = record_type.get
    if record_type.is_deletable:
        load = partial(load, with_deleted=True)
    return SnapshotSource(state, record_type.table, load)
