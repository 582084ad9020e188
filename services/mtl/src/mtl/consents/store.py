"""The table of consents and all SQL on it; the latest fact about a contact point counts."""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    LargeBinary,
    Select,
    Table,
    Text,
    Uuid,
    select,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, tenant_column
from chassis.database.encryption.sealing import digest
from chassis.database.rows import fetch_rows, from_columns, is_among_pairs
from chassis.database.transaction_tenant import transaction_tenant
from chassis.records.snapshots.sources import SnapshotSource
from chassis.records.writes import insert_rows
from contracts.consents import ADDRESS_PLACE
from mtl.consents.domain import (
    Consent,
    ConsentMedium,
    ConsentState,
    ContactPoint,
    HasContactPoints,
    PublishedFact,
    all_values_of,
    banned_media,
    values_of,
)
from mtl.database import metadata
from mtl.settings import lead_key_secret

Withdrawn = set[tuple[str, bytes, ConsentMedium]]

# A withdrawal outlives the erasure of its person, lest they are contacted again: its digest is not
# marked as personal.
lead_consents = Table(
    "lead_consents",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("lead_id", Uuid, nullable=False, info={"personal": "subject"}),
    Column("kind", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("address_digest", LargeBinary, nullable=False),
    Column("medium", enum_column(ConsentMedium), nullable=False),
    Column("state", enum_column(ConsentState), nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("recorded_by", Text),
    Column("text", Text, info={"personal": "text"}),
    Column("text_version", Text),
    Column("channel", Text),
    Column("source", Text, info={"personal": "text"}),
    Index(None, "tenant_id", "kind", "digest", "at"),
    Index(None, "tenant_id", "lead_id", "at", "id"),
)

_C = lead_consents.c
_LATEST: Final[Any] = (  # the latest fact of each of some contact points, by medium
    select(_C.kind, _C.digest, _C.medium, _C.state)
    .ext(distinct_on(_C.kind, _C.digest, _C.medium))
    .where(is_among_pairs((_C.kind, _C.digest), ("kinds", "digests")))
    .order_by(_C.kind, _C.digest, _C.medium, _C.at.desc(), _C.state.desc())
)


def contact_point(kind: str, value: str) -> ContactPoint:
    """Return a contact point with its digest, which differs between tenants."""
    tenant = str(transaction_tenant()).encode()
    secret = hmac.digest(lead_key_secret(), b"consents:" + tenant, hashlib.sha256)
    return ContactPoint(kind, hmac.digest(secret, f"{kind}\0{value}".encode(), hashlib.sha256))


def points_of(person: HasContactPoints) -> Mapping[ConsentMedium, list[ContactPoint]]:
    """Return the contact points of a person by medium."""
    return {
        medium: [contact_point(*one) for one in values_of(person, medium)]
        for medium in ConsentMedium
    }


async def add_consents(tx: AsyncConnection, consents: Sequence[Consent]) -> None:
    """Record consents or withdrawals."""
    await insert_rows(tx, lead_consents, consents)


def address_digest(value: str) -> bytes:
    """Return the digest by which services that send messages find an address or a number."""
    return digest(value, ADDRESS_PLACE)


async def _facts(tx: AsyncConnection, ids: Sequence[UUID]) -> Sequence[PublishedFact]:
    rows = await fetch_rows(tx, _C.id, ids)
    return [PublishedFact(from_columns(Consent, row)) for row in rows]


CONSENT_SOURCE: Final = SnapshotSource("mtl.consent", _C.id, _facts, is_frozen=True)


async def withdrawn_among(tx: AsyncConnection, points: Collection[ContactPoint]) -> Withdrawn:
    """Return the contact points that are withdrawn, each with its medium."""
    if not points:
        return set()
    kinds, digests = zip(*sorted(points), strict=True)
    found = await tx.execute(_LATEST, {"kinds": list(kinds), "digests": list(digests)})
    return {
        (row.kind, bytes(row.digest), row.medium)
        for row in found
        if row.state is ConsentState.WITHDRAWN
    }


async def bans_of(tx: AsyncConnection, people: Sequence[HasContactPoints]) -> list[tuple[str, ...]]:
    """Return for each person the media that they withdrew, with one query for all."""
    of_each = [points_of(person) for person in people]
    points = {one for media in of_each for own in media.values() for one in own}
    withdrawn = await withdrawn_among(tx, points)
    return [banned_media(media, withdrawn) for media in of_each]


def consents_query(person: HasContactPoints) -> Select[Any]:
    """A query for the facts about the contact points of a person; the caller pages it."""
    points = [contact_point(*one) for one in all_values_of(person)]
    kinds, digests = [kind for kind, _ in points], [digest for _, digest in points]
    pairs = is_among_pairs((_C.kind, _C.digest), ("kinds", "digests"))
    return select(lead_consents).where(pairs).params(kinds=kinds, digests=digests)
