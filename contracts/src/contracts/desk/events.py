"""Events that DESK publishes."""

from typing import ClassVar

from contracts.event import SnapshotFinished
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged, WorkSnapshot


class DeskImportFinished(ImportEnded):
    """A file import ended: it succeeded, failed or was cancelled."""

    type: ClassVar[str] = "desk.import.finished.v1"


class DeskTenantTaskFinished(TenantTaskEnded):
    """DESK has finished its part of a tenant task."""

    type: ClassVar[str] = "desk.tenant_task.finished.v1"


class DeskWorkChanged(WorkChanged):
    """A task about a record was raised or settled, or somebody was notified about it."""

    type: ClassVar[str] = "desk.work.changed.v1"


class DeskWorkSnapshot(WorkSnapshot):
    """The tasks about a record, published again on request."""

    type: ClassVar[str] = "desk.work.snapshot.v1"


class DeskSnapshotFinished(SnapshotFinished):
    """Every record of a run of snapshots has been published."""

    type: ClassVar[str] = "desk.snapshot_run.finished.v1"
