"""The tables of leads: records, unique keys and history; and all SQL on them."""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    Date,
    DateTime,
    Double,
    Index,
    LargeBinary,
    Select,
    Table,
    Text,
    Uuid,
    bindparam,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
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
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, upper_case
from chassis.records.record_lookups import visible_ids
from chassis.records.record_types import RecordType
from chassis.records.work.follow_ups import FollowUp
from contracts.mtl.events import (
    LeadAssigned,
    LeadCaptured,
    LeadChanged,
    LeadDeleted,
    LeadRestored,
)
from kernel.errors import NotFound
from mtl.database import metadata
from mtl.leads.domain.keys import DuplicateLead, LeadKey, assign_keys
from mtl.leads.domain.lead import FOLLOW_UP, FollowUpTotals, Lead
from mtl.leads.domain.merged import LeadIsMerged, keys_kept_by
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.schemas.leads import LeadOut
from mtl.settings import lead_key_secret
from parties.candidate_keys import keys_of_company

ENCRYPTED = ("phone", "work_phone", "other_phone", "email", "other_email", "wechat_id")

MERGED = text("merged_into_id IS NOT NULL")

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
    Index("ix_leads_merged", "tenant_id", "merged_into_id", postgresql_where=MERGED),
)
STATES = ("status", "grade", "score", "owner_id", "account_id", "source", "industry")
PARTIES = ("name", "company", "phone", "phone_tail", "email", "external_id")
DATES = ("created_at", "updated_at", "converted_at", "last_followed_up_at", "next_step_on")
LEADS = ScopedResource("mtl.lead", leads)


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
    rows = await tx.execute(select(leads).where(leads.c.id.in_(ids)).order_by(leads.c.id))
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
    follow_up=FollowUp(kind=FOLLOW_UP, is_open=lambda lead: lead.is_open),
    fetch=_fetch,
    fetch_all=_fetch_all,
)
LISTING = Listing(
    LEADS,
    LeadOut,
    entity=Lead,
    filters=[
        *STATES,
        *PARTIES,
        CodeFilter("status_reason", upper_case),
        CodeFilter("region_code", upper_case),
        CodeFilter("uscc", upper_case),
        *DATES,
    ],
    sorts=[*DATES, "name", "company", "score"],
    words=["name", "company"],
    contact_points=["phone", "work_phone", "other_phone", "email", "other_email"],
    keys={"company": keys_of_company},
    custom=custom_conditions,
)

# The unique keys of leads. They are whole digests, because the columns of `leads` are encrypted.
lead_keys = Table(
    "lead_keys",
    metadata,
    tenant_column(),
    Column("kind", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True, info={"personal": "digest"}),
    Column("lead_id", Uuid, nullable=False, info={"personal": "subject"}),
    Index(None, "tenant_id", "lead_id"),
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
    Column("conversion_id", Uuid),
    Column("account_id", Uuid),
    Column("contact_id", Uuid),
    Column("opportunity_id", Uuid),
    Index(None, "tenant_id", "lead_id", "id"),
    Index(None, "tenant_id", "to_status", "at"),  # the leads handed over in a period
)

# On a conflict the update changes nothing: it waits for the transaction that holds the key and
# returns its holder in one statement. The order of the keys prevents deadlocks.
_RESERVE = text("""
    INSERT INTO lead_keys AS k (kind, digest, lead_id)
    SELECT * FROM unnest(:kinds, :digests, :lead_ids) AS requested (kind, digest, lead_id)
    ORDER BY kind, digest
    ON CONFLICT (tenant_id, kind, digest) DO UPDATE SET lead_id = k.lead_id
    RETURNING kind, digest, lead_id
""").bindparams(
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("digests", type_=ARRAY(LargeBinary)),
    bindparam("lead_ids", type_=ARRAY(Uuid)),
)
_RELEASE = text("""
    DELETE FROM lead_keys USING unnest(:kinds, :digests) AS released (kind, digest)
    WHERE lead_keys.kind = released.kind AND lead_keys.digest = released.digest
""").bindparams(
    bindparam("kinds", type_=ARRAY(Text)), bindparam("digests", type_=ARRAY(LargeBinary))
)


async def save_totals(tx: AsyncConnection, lead_id: UUID, totals: FollowUpTotals) -> None:
    """Write what the follow-ups of a lead come to; the caller has locked its row."""
    await tx.execute(update(leads).where(leads.c.id == lead_id).values(**vars(totals)))


async def leads_by_id(tx: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, Lead]:
    """Return these leads, without deleted ones, by id."""
    rows = await tx.execute(select(leads).where(leads.c.id.in_(ids), leads.c.deleted_at.is_(None)))
    return {row.id: from_columns(Lead, dict(row._mapping)) for row in rows}


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
    holders = await _reserve(tx, requested)
    reserved = {key: holder for key, holder in holders.items() if holder != requested[key]}
    assigned, duplicates = assign_keys(keys, reserved)
    changed = [key for key in requested if assigned.get(key) != holders[key]]
    if changed:
        await tx.execute(_RELEASE, _arrays(changed))
        await _reserve(tx, {key: assigned[key] for key in changed if key in assigned})
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
    holders = await _reserve(tx, dict.fromkeys([*current, *requested], lead.id))
    conflict = next((key for key in requested if holders[key] not in mine), None)
    if conflict is not None:
        duplicate = DuplicateLead(holders[conflict], conflict.kind)
        return (await hide_invisible(tx, {lead.id: duplicate}, visibility))[lead.id]
    if obsolete := set(current) - set(requested):
        await tx.execute(_RELEASE, _arrays(obsolete))
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


async def _reserve(tx: AsyncConnection, requested: Mapping[LeadKey, UUID]) -> dict[LeadKey, UUID]:
    """Insert the keys that are free; return the lead that holds each key now."""
    if not requested:
        return {}
    rows = await tx.execute(_RESERVE, _arrays(requested) | {"lead_ids": [*requested.values()]})
    return {LeadKey(row.kind, bytes(row.digest)): UUID(str(row.lead_id)) for row in rows}


def _arrays(keys: Collection[LeadKey]) -> dict[str, list[Any]]:
    return {"kinds": [key.kind for key in keys], "digests": [key.digest for key in keys]}


def key_digests(secret: bytes, lead: Lead) -> list[LeadKey]:
    """The HMAC-SHA256 digests of a lead's key values: phones, mails, WeChat and external id."""
    return [
        LeadKey(kind, hmac.digest(secret, f"{kind}\0{value}".encode(), hashlib.sha256))
        for kind, value in lead.key_values
    ]


def tenant_secret(tenant: UUID) -> bytes:
    """A secret per tenant, so that equal phones of two tenants have different digests."""
    return hmac.digest(lead_key_secret(), str(tenant).encode(), hashlib.sha256)
