"""What XSERVICE can publish again: the present state of its records."""

from chassis.records.snapshots.job import SnapshotSource

SNAPSHOTS: tuple[SnapshotSource, ...] = ()
