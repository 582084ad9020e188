"""Reads over other features that a conversion needs: the trail of a lead, and L2O's contacts."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.store import definitions_of
from contracts.mtl.events import TrailEntryState
from mtl.contacts import store as contacts
from mtl.conversions.domain.conversion import Trail
from mtl.conversions.domain.mapping import (
    DEFAULT_MAPPING,
    ConversionMapping,
    CustomTypes,
    read_mapping,
)
from mtl.followups.store import follow_ups
from mtl.leads.store import LEADS
from mtl.rule_sets.store import LEAD_CONVERSION, VERSIONS
from mtl.touches.store import lead_touches
from rules.custom_fields import custom_field_spec
from rules.fields import FactType
from rules.versions import Content

MAX_TRAIL: Final = 50
TOUCH, FOLLOW_UP = "TOUCH", "FOLLOW_UP"


async def mapping_number(tx: AsyncConnection) -> int:
    """Return the number of the mapping in force; 0 is the default."""
    version = await VERSIONS.latest(tx, LEAD_CONVERSION)
    return 0 if version is None else version.number


async def mapping_of(tx: AsyncConnection, number: int) -> ConversionMapping:
    """Return the mapping of a version; 0 is the default. Raises NotFound."""
    if number == 0:
        return read_mapping(DEFAULT_MAPPING, {})
    version = await VERSIONS.get(tx, LEAD_CONVERSION, number)
    return await _read(tx, version.content)


async def _read(tx: AsyncConnection, content: Content) -> ConversionMapping:
    return read_mapping(content, await custom_types(tx))


async def custom_types(tx: AsyncConnection) -> CustomTypes:
    """Return the types of the custom fields of leads; a choice is a text."""
    definitions = await definitions_of(tx, LEADS.resource)
    texts = {FactType.ENUM: FactType.TEXT, FactType.ENUM_LIST: FactType.TEXT_LIST}
    kinds = {key: custom_field_spec(one).type for key, one in definitions.items()}
    return {key: texts.get(kind, kind) for key, kind in kinds.items()}


async def account_of_contact(tx: AsyncConnection, contact_id: UUID) -> UUID | None:
    """Return the account of a contact of L2O; None if MTL does not know it."""
    return await contacts.account_of(tx, contact_id)


async def trail_of(tx: AsyncConnection, lead_id: UUID) -> Trail:
    """Return the newest 50 touches and follow-ups of a lead, the newest first, and their counts."""
    touched, followed_up = lead_touches.c, follow_ups.c
    touches = select(
        touched.id.label("entry_id"),
        touched.kind,
        touched.at,
        touched.actor,
        touched.subject.label("text"),
    ).where(touched.lead_id == lead_id)
    done = select(
        followed_up.id.label("entry_id"),
        followed_up.kind,
        followed_up.at,
        followed_up.owner_id.label("actor"),
        followed_up.result,
        followed_up.summary.label("text"),
    ).where(followed_up.lead_id == lead_id, followed_up.deleted_at.is_(None))
    entries = [*await _newest(tx, TOUCH, touches), *await _newest(tx, FOLLOW_UP, done)]
    entries.sort(key=lambda one: (one.at, one.entry_id), reverse=True)
    counts = {TOUCH: await _count(tx, touches), FOLLOW_UP: await _count(tx, done)}
    return Trail(tuple(entries[:MAX_TRAIL]), counts)


async def _newest(
    tx: AsyncConnection, source: str, query: Select[Any]
) -> Sequence[TrailEntryState]:
    newest = query.order_by(query.selected_columns.at.desc(), query.selected_columns.entry_id)
    rows = (await tx.execute(newest.limit(MAX_TRAIL))).mappings()
    return [TrailEntryState(source=source, **row) for row in rows]


async def _count(tx: AsyncConnection, query: Select[Any]) -> int:
    count: int = (await tx.execute(select(func.count()).select_from(query.subquery()))).scalar_one()
    return count
