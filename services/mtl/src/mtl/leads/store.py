"""The tables of leads and all their SQL."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
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

from chassis.db import enum_column, tenant_column
from chassis.operations.store import OperationStatus
from chassis.rows import fetch_row, to_columns, update_row
from chassis.tables import operations
from kernel.ids import new_id
from mtl.database import metadata
from mtl.leads.domain import Duplicate, Key, Lead, LeadStatus, first_come
from mtl.settings import lead_key_secret

leads = Table(
    "leads",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("name", Text),
    Column("company", Text),
    Column("phone", Text),
    Column("email", Text),
    Column("external_id", Text),
    Column("source", Text),
    Column("attributes", JSONB, nullable=False),
    Column("owner_id", Text),
    Column("status", enum_column(LeadStatus), nullable=False),
    Column("status_reason", Text),
    Column("conversion_id", Uuid),
    Column("account_id", Uuid),
    Column("contact_id", Uuid),
    Column("opportunity_id", Uuid),
    Column("existing_account", Boolean),
    Column("converted_at", DateTime(timezone=True)),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "status", "id"),
    Index(None, "tenant_id", "owner_id", "id"),
    Index(None, "tenant_id", "account_id"),
)

# What a lead is known by. Digests, so that the columns of `leads` can be encrypted one day.
lead_keys = Table(
    "lead_keys",
    metadata,
    tenant_column(),
    Column("kind", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("lead_id", Uuid, nullable=False),
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

KINDS = ("phone", "email", "external_id")
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
_FREE = text("""
    WITH held AS (
        SELECT kind, digest FROM lead_keys WHERE lead_id = :lead_id AND kind <> 'external_id'
        ORDER BY kind, digest FOR UPDATE
    )
    DELETE FROM lead_keys USING held
    WHERE lead_keys.kind = held.kind AND lead_keys.digest = held.digest
""").bindparams(bindparam("lead_id", type_=Uuid))


async def get(tx: AsyncConnection, lead_id: UUID, *, lock: bool = False) -> Lead:
    """Raises NotFound."""
    return await fetch_row(tx, leads, lead_id, Lead, lock=lock)


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


def listed(*, status: LeadStatus | None = None, owner_id: str | None = None) -> Select[Any]:
    """The leads with this status and of this owner, as a query for a page."""
    query = select(leads)
    if status is not None:
        query = query.where(leads.c.status == status)
    if owner_id is not None:
        query = query.where(leads.c.owner_id == owner_id)
    return query


def history_of(lead_id: UUID) -> Select[Any]:
    """The moves of a lead, as a query for a page."""
    return select(lead_history).where(lead_history.c.lead_id == lead_id)


async def add(tx: AsyncConnection, new: Sequence[Lead]) -> None:
    if new:
        await tx.execute(insert(leads), [to_columns(leads, lead) for lead in new])


async def save(tx: AsyncConnection, lead: Lead, *, before: Lead, actor: str | None) -> Lead:
    """Write a move and its line of history. Raises Conflict (STALE_WRITE)."""
    lead = await update_row(tx, leads, lead)
    # A reopened lead has lost its ids; the history keeps them.
    conversion = lead if lead.conversion_id is not None else before
    await tx.execute(
        insert(lead_history).values(
            id=new_id(),
            lead_id=lead.id,
            at=lead.updated_at,
            from_status=before.status,
            to_status=lead.status,
            reason=lead.status_reason,
            actor=actor,
            **{name: getattr(conversion, name) for name in _CONVERSION},
        )
    )
    return lead


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


async def free_keys(tx: AsyncConnection, lead_id: UUID) -> None:
    """Phone and mail may belong to a new lead; the record in the source stays this one."""
    await tx.execute(_FREE, {"lead_id": lead_id})


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
    known = ((kind, getattr(lead, kind)) for kind in KINDS)
    return [
        Key(kind, hmac.digest(secret, f"{kind}\0{value}".encode(), hashlib.sha256))
        for kind, value in known
        if value is not None
    ]


async def _tenants_secret(tx: AsyncConnection) -> bytes:
    """A tenant's own, so that the same phone has another digest at another tenant's."""
    tenant = (await tx.execute(text("SELECT current_setting('app.tenant')"))).scalar_one()
    return hmac.digest(lead_key_secret(), str(tenant).encode(), hashlib.sha256)
