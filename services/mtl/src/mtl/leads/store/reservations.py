"""The reservation of the unique keys of leads, race-safe by their table."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.access.visibility import Visibility
from chassis.records.record_lookups import visible_ids
from mtl.leads.domain.keys import CONTACT_KINDS, DuplicateLead, LeadKey, assign_keys
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.merged import keys_kept_by
from mtl.leads.store import LEADS, leads
from mtl.leads.store.keys import key_digests, lead_keys, release, reserve, tenant_secret


async def release_contact_keys(tx: AsyncConnection, lead: Lead) -> None:
    """Release the phones, mails and WeChat id of a lead; its external id stays reserved."""
    stored = await tx.execute(select(lead_keys).where(lead_keys.c.lead_id == lead.id))
    keys = [LeadKey(row.kind, bytes(row.digest)) for row in stored if row.kind in CONTACT_KINDS]
    if keys:
        await reserve(tx, dict.fromkeys(keys, lead.id))  # it locks them in the one order
        await release(tx, keys)


async def reserve_keys(tx: AsyncConnection, new: Sequence[Lead]) -> dict[UUID, DuplicateLead]:
    """Reserve the keys of new leads; return the duplicates among them, which get no keys.

    Waits for transactions that are adding a lead with one of these keys.
    """
    secret = tenant_secret(transaction_tenant())
    keys = {lead.id: key_digests(secret, lead) for lead in new}
    requested: dict[LeadKey, UUID] = {}
    for lead_id, digests in keys.items():
        for key in digests:
            requested.setdefault(key, lead_id)
    holders = await reserve(tx, requested)
    reserved = {key: holder for key, holder in holders.items() if holder != requested[key]}
    assigned, duplicates = assign_keys(keys, reserved)
    changed = [key for key in requested if assigned.get(key) != holders[key]]
    if changed:
        await release(tx, changed)
        await reserve(tx, {key: assigned[key] for key in changed if key in assigned})
    return duplicates


async def hide_invisible(
    tx: AsyncConnection, duplicates: Mapping[UUID, DuplicateLead], visibility: Visibility
) -> dict[UUID, DuplicateLead]:
    """The same duplicates, marked as hidden where the caller does not see the existing lead."""
    if not duplicates or visibility.everything:
        return dict(duplicates)
    existing = {duplicate.lead_id for duplicate in duplicates.values()}
    shown = await visible_ids(tx, LEADS, existing, visibility)
    return {k: replace(one, hidden=one.lead_id not in shown) for k, one in duplicates.items()}


async def replace_keys(
    tx: AsyncConnection, lead: Lead, visibility: Visibility
) -> DuplicateLead | None:
    """Make the key values of a lead and of those merged into it its only keys.

    Nothing changes if another lead holds one. Old and new keys are locked in one order, which
    prevents deadlocks. If a duplicate is returned, some keys may be reserved already: the caller
    must roll back.
    """
    merged = [] if lead.deleted_at is not None else await merged_leads(tx, lead.id)
    secret, mine = tenant_secret(transaction_tenant()), {lead.id, *(one.id for one in merged)}
    requested = dict.fromkeys(
        key for one in [lead, *keys_kept_by(lead, merged)] for key in key_digests(secret, one)
    )
    stored = (await tx.execute(select(lead_keys).where(lead_keys.c.lead_id.in_(mine)))).all()
    current = [LeadKey(row.kind, bytes(row.digest)) for row in stored]
    holders = await reserve(tx, dict.fromkeys([*current, *requested], lead.id))
    conflict = next((key for key in requested if holders[key] not in mine), None)
    if conflict is not None:
        duplicate = DuplicateLead(holders[conflict], conflict.kind)
        return (await hide_invisible(tx, {lead.id: duplicate}, visibility))[lead.id]
    if obsolete := set(current) - set(requested):
        await release(tx, obsolete)
    if any(row.lead_id != lead.id for row in stored):
        taken_over = update(lead_keys).where(lead_keys.c.lead_id.in_(mine))
        await tx.execute(taken_over.values(lead_id=lead.id))
    return None


async def merged_leads(tx: AsyncConnection, survivor_id: UUID) -> list[Lead]:
    """Return the leads that were merged into a lead, also by way of others, by id."""
    c = leads.c
    found = select(c.id).where(c.merged_into_id == survivor_id).cte("found", recursive=True)
    found = found.union(select(c.id).join(found, c.merged_into_id == found.c.id))
    rows = await tx.execute(select(leads).join(found, c.id == found.c.id).order_by(c.id))
    return [from_columns(Lead, dict(row)) for row in rows.mappings()]
