"""Events that XSERVICE publishes."""

from typing import ClassVar

from contracts.tenant_tasks import TenantTaskEnded


class XserviceTenantTaskFinished(TenantTaskEnded):
    """XSERVICE has finished its part of a tenant task."""

    type: ClassVar[str] = "xservice.tenant_task.finished.v1"
