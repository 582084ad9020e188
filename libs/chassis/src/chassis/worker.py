"""What a service's worker is made of; each service says so once, in its `worker.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.consumer.subscriptions import Subscription
from chassis.jobs.queue import JobHandler


@dataclass(frozen=True)
class Worker:
    """The subscriptions a service listens to and the kinds of jobs it runs."""

    service: str
    subscriptions: tuple[Subscription, ...] = ()
    jobs: Mapping[str, JobHandler] = field(default_factory=dict)
