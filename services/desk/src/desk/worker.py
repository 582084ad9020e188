"""The events and jobs of DESK's worker."""

from chassis.composition.worker import Worker
from chassis.records.directory_subscriptions import directory_subscriptions

SUBSCRIPTIONS = (*directory_subscriptions("desk"),)

WORKER = Worker("desk", SUBSCRIPTIONS)
