"""The events and jobs of XSERVICE's worker."""

from chassis.records.directory_subscriptions import directory_subscriptions
from chassis.composition.worker import Worker

SUBSCRIPTIONS = (*directory_subscriptions("xservice"),)

WORKER = Worker("xservice", SUBSCRIPTIONS)
