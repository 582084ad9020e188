"""The tables of leads: records, unique keys and history; and all SQL on them."""

from collections.abc import Collection, Sequence
from functools import cache
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
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, tenant_column
from chassis.database.encryption.columns import digest_column
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns, is_one_of
from chassis.records.access.visibility import ScopedResource
from chassis.records.contact_points import phone_tail
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.filters import Filter
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, FilterText, upper_case
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
from kernel.errors import NotFound
from mtl.database import metadata
from mtl.leads.domain.clocks import ACCEPT_LEAD, KEEP_LEAD
from mtl.leads.domain.lead import FOLLOW_UP, ContactBans, FollowUpTotals, Lead
from mtl.leads.domain.merged import LeadIsMerged
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.domain.ownership import OwnershipDates
from mtl.leads.schemas.leads import LeadOut
from mtl.leads.store.clocks import keep_clock
from parties.candidate_keys import keys_of_company
from parties.tags import tag_key, tag_keys

ENCRYPTED = ("phone", "work_phone", "other_phone", "email", "other_email", "wechat_id")

HELD = text("status NOT IN ('CONVERTED', 'INVALID') AND deleted_at IS NULL")
MERGED = text("merged_into_id IS NOT NULL")
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
    Index("ix_leads_merged", "tenant_id", "merged_into_id", postgresql_where=MERGED),
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


@cache
def _by_id(lock: bool) -> Select[Any]:  # noqa: FBT001  # a key of the cache
    query = select(leads).where(leads.c.id == bindparam("lead_id"))
    return query.with_for_update() if lock else query


async def _fetch(
    tx: AsyncConnection, lead_id: UUID, *, lock: bool = False, with_deleted: bool = False
) -> Lead:
    """Read a lead. Raises NotFound, LeadIsMerged for one that was merged into another."""
    row = (await tx.execute(_by_id(lock), {"lead_id": lead_id})).mappings().one_or_none()
    if row is None or (row["deleted_at"] and not row["merged_into_id"] and not with_deleted):
        raise NotFound("lead", lead_id)
    if row["merged_into_id"] is not None:
        raise LeadIsMerged(lead_id, row["merged_into_id"])
    return from_columns(Lead, dict(row))


async def _fetch_all(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[Lead]:
    """Read leads, also deleted ones and those that were merged into others."""
    rows = await tx.execute(select(leads).where(is_one_of(leads.c.id, ids)).order_by(leads.c.id))
    return [from_columns(Lead, dict(row)) for row in rows.mappings()]


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
    fetch=_fetch,
    fetch_all=_fetch_all,
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


async def save_totals(tx: AsyncConnection, lead: Lead) -> None:
    """Write what the follow-ups of a lead come to, and its clock; the caller has locked its row."""
    names = (*FollowUpTotals.__dataclass_fields__, *OwnershipDates.__dataclass_fields__)
    values = {name: getattr(lead, name) for name in names}
    await tx.execute(update(leads).where(leads.c.id == lead.id).values(values))


async def save_bans(tx: AsyncConnection, lead_id: UUID, bans: ContactBans) -> None:
    """Write by which media a person is not contacted; the caller has locked the lead's row."""
    await tx.execute(update(leads).where(leads.c.id == lead_id).values(**vars(bans)))


async def leads_by_id(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Lead]:
    """Return these leads, without deleted ones, by id."""
    present = is_one_of(leads.c.id, ids) & leads.c.deleted_at.is_(None)
    rows = await tx.execute(select(leads).where(present))
    return {row.id: from_columns(Lead, dict(row._mapping)) for row in rows}
