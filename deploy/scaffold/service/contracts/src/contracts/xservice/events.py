"""Events that XSERVICE publishes."""

from typing import ClassVar

from contracts.event import SnapshotFinished
from contracts.imports import ImportEnded
from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged, WorkSnapshot


class XserviceImportFinished(ImportEnded):
    """A file import ended: it succeeded, failed or was cancelled."""

    type: ClassVar[str] = "xservice.import.finished.v1"


class XserviceTenantTaskFinished(TenantTaskEnded):
    """XSERVICE has finished its part of a tenant task."""

    type: ClassVar[str] = "xservice.tenant_task.finished.v1"


class XserviceWorkChanged(WorkChanged):
    """A task about a record was raised or settled, or somebody was notified about it."""

    type: ClassVar[str] = "xservice.work.changed.v1"


class XserviceWorkSnapshot(WorkSnapshot):
    """The tasks about a record, published again on request."""

    type: ClassVar[str] = "xservice.work.snapshot.v1"


class XserviceSnapshotFinished(SnapshotFinished):
    """Every record of a run of snapshots has been published."""

    type: ClassVar[str] = "xservice.snapshot_run.finished.v1"
