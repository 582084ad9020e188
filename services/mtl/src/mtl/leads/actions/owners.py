"""Gives leads to owners and takes them away."""

from uuid import UUID

from chassis.records.access.grants_of_records import end_grants
from chassis.records.access.transfers import add_owner_change
from chassis.records.work.actions import announce_owner
from chassis.web.commands import Command
from contracts.work import RecordRef
from mtl.leads.actions.records import edit_lead
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.placement import UnassignedReason
from mtl.leads.store import LEADS


async def give_lead(command: Command, lead: Lead, owner_id: str) -> Lead:
    """Give a lead to a person for whom the caller has found room; they hear of it.

    Raises NotFound, Conflict (STALE_WRITE).
    """

    def owned(before: Lead) -> Lead:
        return before.owned_by(owner_id)

    saved = await edit_lead(command.unconditional, lead.id, owned, has_room=True)
    if saved.owner_id == lead.owner_id:
        return saved
    await add_owner_change(command, LEADS, lead.id, before=lead.owner_id, after=owner_id)
    if command.announces:
        about, name = RecordRef(resource=LEADS.resource, record_id=lead.id), saved.display_name
        await announce_owner(command.tx, about, name=name, owner_id=owner_id, actor=command.actor)
    return saved


async def move_to_pool(command: Command, lead: Lead, pool_id: UUID) -> Lead:
    """Put a lead into a pool, where nobody owns it until a member claims it.

    Its team and shares end: otherwise they would see what the pool hides.
    The reason of the command stands in the history of owners. Raises NotFound, RuleBroken
    (LEAD_CONVERTED), Conflict (STALE_WRITE).
    """

    def pooled(before: Lead) -> Lead:
        before.ensure_not_converted()
        return before.in_pool(pool_id)

    saved = await edit_lead(command.unconditional, lead.id, pooled)
    if lead.owner_id is not None:
        await end_grants(command.tx, LEADS, [lead.id])
        await add_owner_change(command, LEADS, lead.id, before=lead.owner_id, after=None)
    return saved


async def leave_unassigned(command: Command, lead: Lead, reason: UnassignedReason) -> Lead:
    """Put a lead without an owner into the queue of those that nobody could be given."""

    def unassigned(before: Lead) -> Lead:
        return before.unassigned(reason)

    return await edit_lead(command.unconditional, lead.id, unassigned)
