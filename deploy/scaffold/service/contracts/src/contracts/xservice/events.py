"""Events that XSERVICE publishes."""

from typing import ClassVar

from contracts.tenant_tasks import TenantTaskEnded
from contracts.work import WorkChanged


class XserviceTenantTaskFinished(TenantTaskEnded):
    """XSERVICE has finished its part of a tenant task."""

    type: ClassVar[str] = "xservice.tenant_task.finished.v1"


class XserviceWorkChanged(WorkChanged):
    """A task about a record was raised or settled, or somebody was notified about it."""

    type: ClassVar[str] = "xservice.work.changed.v1"
