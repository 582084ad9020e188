"""Requests of all services, and approvers who are on leave or have left."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now
from chassis.web.commands import Command
from contracts.approvals import ApprovalRequestChanged, ApprovalRequestSnapshot
from contracts.org.events import PersonChanged, PersonDeactivated
from desk.approvals.actions.leaves import follow_leaves
from desk.approvals.actions.leaving import follow_leaving
from desk.approvals.actions.opening import follow_request


async def on_approval_request_changed(
    tx: AsyncConnection, event: ApprovalRequestChanged, meta: EventMeta
) -> None:
    """Open a request, or end one that its service has ended."""
    request = event.approval_request
    actor = request.ended_by or request.requested_by
    await follow_request(Command(tx, meta.occurred_at, actor=actor), request)


async def on_approval_request_snapshot(
    tx: AsyncConnection, event: ApprovalRequestSnapshot, meta: EventMeta
) -> None:
    """Open a request that this database has lost, or end one that its service has ended."""
    request = event.approval_request
    actor = request.ended_by or request.requested_by
    await follow_request(Command(tx, meta.occurred_at, actor=actor), request)


async def on_person_deactivated(
    tx: AsyncConnection, event: PersonDeactivated, meta: EventMeta
) -> None:
    """Ask others wherever the person is asked."""
    person = event.person
    subject = person.subject or str(person.person_id)
    await follow_leaving(Command(tx, meta.occurred_at), subject)


async def on_person_changed(tx: AsyncConnection, event: PersonChanged, _meta: EventMeta) -> None:
    """See who decides for the person today, whose leaves may have changed."""
    await follow_leaves(Command(tx, now()), event.person)
