"""What a service's worker is made of; each service says so once, in its `worker.py`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chassis.consumer.subscriptions import Subscription
from chassis.jobs.queue import GivenUpHandler, JobHandler
from chassis.settings import Settings


@dataclass(frozen=True)
class Worker:
    """The subscriptions a service listens to and the kinds of jobs it runs.

    `failed` says by kind who learns of a job that is given up.
    `settings` is read before anything runs: what a job needs is missed at the start, not by it.
    """

    service: str
    subscriptions: tuple[Subscription, ...] = ()
    jobs: Mapping[str, JobHandler] = field(default_factory=dict)
    failed: Mapping[str, GivenUpHandler] = field(default_factory=dict)
    settings: type[Settings] = Settings
