"""The tables of leads: records, unique keys and history; and all SQL on them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Select,
    Table,
    Text,
    Uuid,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, tenant_column
from chassis.database.encryption.columns import digest_column
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.access.visibility import ScopedResource, Visibility
from chassis.records.contact_points import phone_tail
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, FilterText, upper_case
from chassis.records.record_lookups import visible_ids
from chassis.records.record_types import RecordType
from chassis.records.search.record_keys import has_key
from chassis.records.work.follow_ups import FollowUp
from chassis.records.writes import update_row
from contracts.mtl.events import (
    LeadAssigned,
    LeadCaptured,
    LeadChanged,
    LeadDeleted,
    LeadRestored,
)
from kernel.ids import new_id
from mtl.database import metadata
from mtl.leads.domain.clocks import ACCEPT_LEAD, KEEP_LEAD
from mtl.leads.domain.keys import CONTACT_KINDS, DuplicateLead, LeadKey, assign_keys
from mtl.leads.domain.lead import FOLLOW_UP, ContactBans, FollowUpTotals, Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.domain.ownership import OwnershipDates
from mtl.leads.domain.tags import tag_key, tag_keys
from mtl.leads.schemas.leads import LeadOut
from mtl.leads.store.clocks import keep_clock
from mtl.leads.store.keys import key_digests, lead_keys, release, reserve, tenant_secret
from parties.candidate_keys import keys_of_company

ENCRYPTED = ("phone", "work_phone", "other_phone", "email", "other_email", "wechat_id")

HELD = text("status NOT IN ('CONVERTED', 'INVALID') AND deleted_at IS NULL")
UNOWNED = text("owner_id IS NULL AND deleted_at IS NULL")

leads = Table(
    "leads",
    metadata,
    *record_columns(Lead, encrypted=ENCRYPTED, of="mtl.lead"),
    *(sort_column(name, Text()) for name in ("name", "company")),
    # Sellers search by the last four digits, without an extension.
    digest_column("phone_tail", of="mtl.lead", field="phone", form=phone_tail),
    *(sort_column(one, DateTime(timezone=True)) for one in ("converted_at", "last_followed_up_at")),
    sort_column("next_step_on", Date()),
    sort_column("score", Double()),
    sort_column("falls_back_at", DateTime(timezone=True)),
    Index(
        None,
        "tenant_id",
        "clock_due_at",
        "id",
        postgresql_where=text("leads.clock_due_at IS NOT NULL"),
    ),
    Index("ix_leads_held", "tenant_id", "owner_id", postgresql_where=HELD),
    Index("ix_leads_in_pool", "tenant_id", "pool_id", "score_sort", "id", postgresql_where=UNOWNED),
)
STATES = ("status", "grade", "score", "owner_id", "account_id", "source", "industry")
PLACES = ("pool_id", "assignment_status", "unassigned_reason")
PARTIES = ("name", "company", "phone", "phone_tail", "email", "external_id")
DATES = ("created_at", "updated_at", "converted_at", "last_followed_up_at", "next_step_on")
CLOCK = ("falls_back_at",)


async def _update(tx: AsyncConnection, before: Lead, after: Lead) -> Lead:
    """Save a lead with its clock, which no command can forget, as all save leads here."""
    clocked = await keep_clock(tx, before, after)
    return await update_row(tx, leads, clocked, before=before)


# Whoever has a grant of a pool, its admins, sees the leads that are or were in it.
LEADS = ScopedResource("mtl.lead", leads, of=(("mtl.pool", "pool_id"),))
LEAD = RecordType(
    scoped=LEADS,
    entity=Lead,
    created=LeadCaptured,
    changed=LeadChanged,
    deleted=LeadDeleted,
    restored=LeadRestored,
    assigned=LeadAssigned,
    called_by=("company", "name", "external_id"),
    follow_up=FollowUp(
        kind=FOLLOW_UP, is_open=lambda lead: lead.is_open, ends_with=(KEEP_LEAD, ACCEPT_LEAD)
    ),
    update=_update,
)
TAG = Filter(
    name="tag",
    kind=FilterText,
    where=lambda tag: has_key(LEADS.resource, leads.c.id, tag_key(tag)),
)
LISTING = Listing(
    LEADS,
    LeadOut,
    entity=Lead,
    filters=[
        *STATES,
        *PLACES,
        *PARTIES,
        CodeFilter("status_reason", upper_case),
        CodeFilter("region_code", upper_case),
        CodeFilter("uscc", upper_case),
        TAG,
        *DATES,
        *CLOCK,
    ],
    sorts=[*DATES, *CLOCK, "name", "company", "score"],
    words=["name", "company"],
    contact_points=["phone", "work_phone", "other_phone", "email", "other_email"],
    keys={"company": keys_of_company, "tags": tag_keys, "rule_tags": tag_keys},
    custom=custom_conditions,
)

lead_history = Table(
    "lead_history",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("from_status", enum_column(LeadStatus), nullable=False),
    Column("to_status", enum_column(LeadStatus), nullable=False),
    Column("reason", Text),
    Column("note", Text, info={"personal": "text"}),
    Column("actor", Text),
    Column("accept_by", DateTime(timezone=True)),
    Column("conversion_id", Uuid),
    Column("account_id", Uuid),
    Column("contact_id", Uuid),
    Column("opportunity_id", Uuid),
    Index(None, "tenant_id", "lead_id", "id"),
    Index(None, "tenant_id", "to_status", "at"),  # the leads handed over in a period
)

_CONVERSION_COLUMNS = ("conversion_id", "account_id", "contact_id", "opportunity_id")


async def save_totals(tx: AsyncConnection, lead: Lead) -> None:
    """Write what the follow-ups of a lead come to, and its clock; the caller has locked its row."""
    names = (*FollowUpTotals.__dataclass_fields__, *OwnershipDates.__dataclass_fields__)
    values = {name: getattr(lead, name) for name in names}
    await tx.execute(update(leads).where(leads.c.id == lead.id).values(values))


async def save_bans(tx: AsyncConnection, lead_id: UUID, bans: ContactBans) -> None:
    """Write by which media a person is not contacted; the caller has locked the lead's row."""
    await tx.execute(update(leads).where(leads.c.id == lead_id).values(**vars(bans)))


def history_query(lead_id: UUID) -> Select[Any]:
    """A query for the status moves of a lead; the caller pages it."""
    return select(lead_history).where(lead_history.c.lead_id == lead_id)


async def add_to_history(tx: AsyncConnection, lead: Lead, before: Lead, actor: str | None) -> None:
    """Record a change of status."""
    await tx.execute(insert(lead_history).values(_history_row(lead, before, actor)))


def _history_row(lead: Lead, before: Lead, actor: str | None) -> dict[str, Any]:
    # A reopened lead no longer has the ids of its conversion; the history keeps them.
    conversion = lead if lead.conversion_id is not None else before
    return {
        "id": new_id(),
        "lead_id": lead.id,
        "at": lead.updated_at,
        "from_status": before.status,
        "to_status": lead.status,
        "reason": lead.status_reason,
        "note": lead.status_note,
        "actor": actor,
        "accept_by": lead.accept_by,
        **{name: getattr(conversion, name) for name in _CONVERSION_COLUMNS},
    }


async def leads_by_id(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Lead]:
    """Return these leads, without deleted ones, by id."""
    rows = await tx.execute(select(leads).where(leads.c.id.in_(ids), leads.c.deleted_at.is_(None)))
    return {row.id: from_columns(Lead, dict(row._mapping)) for row in rows}


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
    """Make the current key values of a lead its only keys, unless another lead holds one.

    Old and new keys are locked in one order, which prevents deadlocks. If a duplicate is
    returned, some keys may be reserved already: the caller must roll back.
    """
    requested = key_digests(tenant_secret(transaction_tenant()), lead)
    stored = await tx.execute(select(lead_keys).where(lead_keys.c.lead_id == lead.id))
    current = [LeadKey(row.kind, bytes(row.digest)) for row in stored]
    holders = await reserve(tx, dict.fromkeys([*current, *requested], lead.id))
    conflict = next((key for key in requested if holders[key] != lead.id), None)
    if conflict is not None:
        duplicate = DuplicateLead(holders[conflict], conflict.kind)
        return (await hide_invisible(tx, {lead.id: duplicate}, visibility))[lead.id]
    if obsolete := set(current) - set(requested):
        await release(tx, obsolete)
    return None
