"""Copies of the teams and shares of another service's records, on which own records hang."""

from chassis.events.replicas import Copy, ReplicaSubscription, replica
from chassis.records.access.tables import grant_copies
from contracts.event import AggregateState


def grant_subscription(service: str, state: type[AggregateState]) -> ReplicaSubscription:
    """Return the subscription to the grants of another service: `("cpq", GrantState)`."""
    return replica(f"{service}.grants", Copy(state, grant_copies))
