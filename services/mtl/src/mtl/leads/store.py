"""The tables of leads and all their SQL."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Computed,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    Uuid,
    bindparam,
    insert,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import operations
from chassis.database.columns import enum_column, tenant_column
from chassis.database.rows import fetch_row, to_columns
from chassis.records.access.visibility import Scoped, Visibility, visible
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.record_quota import count_records
from chassis.records.search.words import index_words
from chassis.records.writes import update_row
from chassis.web.operations.store import OperationStatus
from kernel.ids import new_id
from mtl.database import metadata
from mtl.leads.domain import Duplicate, Key, Lead, LeadStatus, first_come
from mtl.leads.schemas import LeadOut
from mtl.settings import lead_key_secret

leads = Table(
    "leads",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text, info={"personal": "name"}),
    sort_column("name", Text()),
    Column("company", Text),
    sort_column("company", Text()),
    Column("phone", Text, info={"personal": "phone"}),
    # What people remember of a number; too common a pair of digits for `q`.
    Column(
        "phone_tail",
        Text,
        Computed("COALESCE(right(phone, 4), ''::text)", persisted=True),
        nullable=False,
    ),
    Column("email", Text, info={"personal": "email"}),
    Column("external_id", Text),
    Column("source", Text),
    Column("attributes", JSONB, nullable=False),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("owner_id", Text),
    Column("status", enum_column(LeadStatus), nullable=False),
    Column("status_reason", Text),
    Column("conversion_id", Uuid),
    Column("account_id", Uuid),
    Column("contact_id", Uuid, info={"personal": "subject"}),
    Column("opportunity_id", Uuid),
    Column("existing_account", Boolean),
    Column("converted_at", DateTime(timezone=True)),
    sort_column("converted_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("deleted_at", DateTime(timezone=True)),
    Column("version", Integer, nullable=False),
)
LEADS = Scoped("mtl.lead", leads)
LISTING = Listing(
    LEADS,
    LeadOut,
    entity=Lead,
    filters=[
        "status",
        "owner_id",
        "name",
        "company",
        "phone",
        "phone_tail",
        "email",
        "external_id",
        "source",
        "account_id",
        "converted_at",
        "created_at",
        "updated_at",
    ],
    sorts=["created_at", "updated_at", "converted_at", "name", "company"],
    words=["name", "company"],
    custom=custom_conditions,
)

# What a lead is known by. Digests, so that the columns of `leads` can be encrypted one day.
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
    Column("lead_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("from_status", enum_column(LeadStatus), nullable=False),
    Column("to_status", enum_column(LeadStatus), nullable=False),
    Column("reason", Text),
    Column("actor", Text),
    Column("conversion_id", Uuid),
    Column("account_id", Uuid),
    Column("contact_id", Uuid),
    Column("opportunity_id", Uuid),
    Index(None, "tenant_id", "lead_id", "id"),
)

_CONVERSION = ("conversion_id", "account_id", "contact_id", "opportunity_id")

# The update changes nothing: it waits for whoever has the key and says who that is, in one step.
# The order of the keys keeps two such statements from waiting for each other.
_CLAIM = text("""
    INSERT INTO lead_keys AS k (kind, digest, lead_id)
    SELECT * FROM unnest(:kinds, :digests, :lead_ids) AS wanted (kind, digest, lead_id)
    ORDER BY kind, digest
    ON CONFLICT (tenant_id, kind, digest) DO UPDATE SET lead_id = k.lead_id
    RETURNING kind, digest, lead_id
""").bindparams(
    bindparam("kinds", type_=ARRAY(Text)),
    bindparam("digests", type_=ARRAY(LargeBinary)),
    bindparam("lead_ids", type_=ARRAY(Uuid)),
)
_GIVE_BACK = text("""
    DELETE FROM lead_keys USING unnest(:kinds, :digests) AS freed (kind, digest)
    WHERE lead_keys.kind = freed.kind AND lead_keys.digest = freed.digest
""").bindparams(
    bindparam("kinds", type_=ARRAY(Text)), bindparam("digests", type_=ARRAY(LargeBinary))
)


async def get(
    tx: AsyncConnection, lead_id: UUID, *, lock: bool = False, with_deleted: bool = False
) -> Lead:
    """Raises NotFound."""
    return await fetch_row(tx, leads, lead_id, Lead, lock=lock, with_deleted=with_deleted)


async def is_being_made(tx: AsyncConnection, account_id: UUID) -> bool:
    """Whether a conversion that has not ended yet is to make this account."""
    query = (
        select(leads.c.id)
        .join(operations, operations.c.id == leads.c.conversion_id)
        .where(
            leads.c.account_id == account_id,
            leads.c.existing_account.is_(False),
            operations.c.status == OperationStatus.RUNNING,
        )
    )
    return (await tx.execute(query.limit(1))).one_or_none() is not None


def history_of(lead_id: UUID) -> Select[Any]:
    """The moves of a lead, as a query for a page."""
    return select(lead_history).where(lead_history.c.lead_id == lead_id)


async def add(tx: AsyncConnection, new: Sequence[Lead]) -> None:
    """Store new leads, and the words they are found by. Raises Conflict (QUOTA_ROWS)."""
    if new:
        rows = [to_columns(leads, lead) for lead in new]
        await count_records(tx, leads, len(rows))
        await tx.execute(insert(leads), rows)
        await index_words(tx, leads, rows, new=True)


async def save(tx: AsyncConnection, lead: Lead, *, before: Lead, actor: str | None = None) -> Lead:
    """Write a lead, and the line of history if it made a move. Raises Conflict (STALE_WRITE)."""
    lead = await update_row(tx, leads, lead)
    if lead.status is not before.status:
        await tx.execute(insert(lead_history).values(_move(lead, before, actor)))
    return lead


def _move(lead: Lead, before: Lead, actor: str | None) -> dict[str, Any]:
    # A reopened lead has lost its ids; the history keeps them.
    conversion = lead if lead.conversion_id is not None else before
    return {
        "id": new_id(),
        "lead_id": lead.id,
        "at": lead.updated_at,
        "from_status": before.status,
        "to_status": lead.status,
        "reason": lead.status_reason,
        "actor": actor,
        **{name: getattr(conversion, name) for name in _CONVERSION},
    }


async def claim_keys(tx: AsyncConnection, new: Sequence[Lead]) -> dict[UUID, Duplicate]:
    """Make what these leads are known by theirs; the duplicates among them get nothing.

    A lead that another transaction is just adding is waited for.
    """
    secret = await _tenants_secret(tx)
    keys = {lead.id: digests(secret, lead) for lead in new}
    wanted: dict[Key, UUID] = {}
    for lead_id, its_keys in keys.items():
        for key in its_keys:
            wanted.setdefault(key, lead_id)
    holders = await _claim(tx, wanted)
    taken = {key: holder for key, holder in holders.items() if holder != wanted[key]}
    owners, duplicates = first_come(keys, taken)
    changed = [key for key in wanted if owners.get(key) != holders[key]]
    if changed:
        await tx.execute(_GIVE_BACK, _arrays(changed))
        await _claim(tx, {key: owners[key] for key in changed if key in owners})
    return duplicates


async def as_seen(
    tx: AsyncConnection, duplicates: Mapping[UUID, Duplicate], visibility: Visibility
) -> dict[UUID, Duplicate]:
    """The duplicates; hidden where somebody of this reach does not see which lead they repeat."""
    if not duplicates or visibility.everything:
        return dict(duplicates)
    wanted = leads.c.id.in_({one.lead_id for one in duplicates.values()})
    seen = set(
        (await tx.execute(select(leads.c.id).where(wanted, visible(LEADS, visibility)))).scalars()
    )
    return {k: replace(one, hidden=one.lead_id not in seen) for k, one in duplicates.items()}


async def change_keys(tx: AsyncConnection, lead: Lead) -> Duplicate | None:
    """Make what this lead is known by now its keys, and no others; unless another has one.

    Old and new ones are locked together, in one order, so that nobody waits crosswise. Where it
    answers a duplicate, what was done is to be undone.
    """
    wanted = digests(await _tenants_secret(tx), lead)
    held = [
        Key(row.kind, bytes(row.digest))
        for row in await tx.execute(select(lead_keys).where(lead_keys.c.lead_id == lead.id))
    ]
    holders = await _claim(tx, dict.fromkeys([*held, *wanted], lead.id))
    taken = next((key for key in wanted if holders[key] != lead.id), None)
    if taken is not None:
        return Duplicate(holders[taken], taken.kind)
    if gone := set(held) - set(wanted):
        await tx.execute(_GIVE_BACK, _arrays(gone))
    return None


async def _claim(tx: AsyncConnection, wanted: Mapping[Key, UUID]) -> dict[Key, UUID]:
    """Who has these keys now: the lead that wants it, or the one that had it before."""
    if not wanted:
        return {}
    values = {**_arrays(wanted), "lead_ids": list(wanted.values())}
    rows = await tx.execute(_CLAIM, values)
    return {Key(row.kind, bytes(row.digest)): UUID(str(row.lead_id)) for row in rows}


def _arrays(keys: Iterable[Key]) -> dict[str, list[Any]]:
    listed = list(keys)
    return {"kinds": [key.kind for key in listed], "digests": [key.digest for key in listed]}


def digests(secret: bytes, lead: Lead) -> list[Key]:
    """What this lead is known by: its phone, its mail, its external id, in this order."""
    return [
        Key(kind, hmac.digest(secret, f"{kind}\0{value}".encode(), hashlib.sha256))
        for kind, value in lead.known_by.items()
    ]


async def _tenants_secret(tx: AsyncConnection) -> bytes:
    """A tenant's own, so that the same phone has another digest at another tenant's."""
    tenant = (await tx.execute(text("SELECT current_setting('app.tenant')"))).scalar_one()
    return hmac.digest(lead_key_secret(), str(tenant).encode(), hashlib.sha256)
