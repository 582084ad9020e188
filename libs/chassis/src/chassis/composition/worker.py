"""What a service's worker is made of; each service says so once, in its `worker.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.events.subscriptions import Subscription
from chassis.foundation.settings import Settings
from chassis.jobs.queue import GivenUpHandler, JobHandler
from chassis.tenancy import tasks


@dataclass(frozen=True)
class Worker:
    """The subscriptions a service listens to and the kinds of jobs it runs.

    Every service also does its part of tenant tasks: exports, erasures, deletions.
    One that `deletes_last` is told by its own handler when to delete a tenant.
    `erased` tells its replicas of what an erasure emptied.
    `failed` says by kind who learns of a job that is given up.
    `settings` is read before anything runs: what a job needs is missed at the start, not by it.
    """

    service: str
    subscriptions: tuple[Subscription, ...] = ()
    jobs: Mapping[str, JobHandler] = field(default_factory=dict)
    failed: Mapping[str, GivenUpHandler] = field(default_factory=dict)
    settings: type[Settings] = Settings
    deletes_last: bool = False
    erased: tasks.ErasedHandler | None = None

    def __post_init__(self) -> None:
        told = tasks.task_subscription(self.service, deletes_last=self.deletes_last)
        object.__setattr__(self, "subscriptions", (*self.subscriptions, told))
        done = {**self.jobs, tasks.TASK_JOB_KIND: tasks.task_job(self.service, self.erased)}
        object.__setattr__(self, "jobs", done)
        gone = {**self.failed, tasks.TASK_JOB_KIND: tasks.task_failure(self.service)}
        object.__setattr__(self, "failed", gone)
