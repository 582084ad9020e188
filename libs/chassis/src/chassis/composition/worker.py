"""Declares what a service's worker runs; each service has one declaration, in `worker.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from chassis.composition.erased_records import publish_erased_records
from chassis.composition.features import imports_of, snapshots_of
from chassis.events.replicas import ReplicaSubscription
from chassis.events.subscriptions import Subscription
from chassis.files.imports.jobs import import_failure_handlers, import_jobs
from chassis.foundation.settings import Settings
from chassis.jobs.queue import GivenUpHandler, JobHandler
from chassis.jobs.split_jobs import SplitJob
from chassis.records.snapshots.approvals import approval_sources
from chassis.records.snapshots.grants import grant_sources
from chassis.records.snapshots.job import fail_snapshot, snapshot_job
from chassis.records.snapshots.runs import SNAPSHOT_JOB
from chassis.records.snapshots.sources import SnapshotSource
from chassis.records.snapshots.work import work_source
from chassis.tenancy import tasks
from chassis.tenancy.key_rotation import ROTATION_JOB, rotation_job
from chassis.tenancy.tasks import EmptiedElsewhere


@dataclass(frozen=True)
class Worker:
    """The subscriptions of a service and the kinds of jobs it runs.

    Every service also imports the files and publishes the snapshots that its features declare, and
    runs its part of tenant tasks: exports, erasures, deletions; and it rotates encryption keys.

    `jobs` maps each kind of job to its handler, `split_jobs` to the three steps of one that needs
    the network; `failure_handlers` maps kinds to the handlers of
    jobs that failed for good.
    With `deletes_last` the service's own handler decides when it deletes a tenant.
    `emptied_elsewhere` deletes what the service keeps of a deleted tenant outside of its database,
    and says when all of it is gone; then the rows go.
    `snapshot_sources` are those of published facts that are no records.
    `settings` is read before anything runs, so that a missing setting stops the start.
    """

    service: str
    subscriptions: tuple[Subscription, ...] = ()
    jobs: Mapping[str, JobHandler] = field(default_factory=dict)
    split_jobs: Mapping[str, SplitJob[Any, Any]] = field(default_factory=dict)
    failure_handlers: Mapping[str, GivenUpHandler] = field(default_factory=dict)
    settings: type[Settings] = Settings
    deletes_last: bool = False
    emptied_elsewhere: EmptiedElsewhere | None = None
    snapshot_sources: tuple[SnapshotSource, ...] = ()

    @property
    def replicas(self) -> tuple[str, ...]:
        """The names of the replicas among the subscriptions."""
        return tuple(one.name for one in self.subscriptions if isinstance(one, ReplicaSubscription))

    @property
    def snapshots(self) -> tuple[SnapshotSource, ...]:
        """The aggregates whose present state the service can publish again."""
        return (
            *snapshots_of(self.service),
            *approval_sources(self.service),
            *grant_sources(self.service),
            *self.snapshot_sources,
            work_source(self.service),
        )

    def __post_init__(self) -> None:
        imports = imports_of(self.service)
        tenant_tasks = tasks.task_subscription(self.service, deletes_last=self.deletes_last)
        object.__setattr__(self, "subscriptions", (*self.subscriptions, tenant_tasks))
        jobs = {
            **self.jobs,
            **(import_jobs(imports) if imports else {}),
            tasks.TASK_JOB_KIND: tasks.task_job(
                self.service,
                partial(publish_erased_records, self.service),
                self.emptied_elsewhere,
            ),
            SNAPSHOT_JOB: snapshot_job(self.snapshots),
            ROTATION_JOB: rotation_job(self.service),
        }
        object.__setattr__(self, "jobs", jobs)
        failure_handlers = {
            **self.failure_handlers,
            **(import_failure_handlers(imports) if imports else {}),
            tasks.TASK_JOB_KIND: tasks.task_failure(self.service),
            SNAPSHOT_JOB: fail_snapshot,
        }
        object.__setattr__(self, "failure_handlers", failure_handlers)
