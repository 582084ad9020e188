"""Reads leads as they were captured: those that ended train a model, new ones are compared."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.audit.tables import audit_entries
from chassis.records.custom_fields.domain import FieldDefinition
from chassis.records.custom_fields.store import definitions_of
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.store import LEADS, leads
from mtl.trainings.domain import MOST_EXAMPLES, NOT_LOST, facts_at_capture
from rules.custom_fields import custom_facts
from rules.fact_values import WrongValue
from scoring.examples import ClassCounts, Example, Fields

MOST_COMPARED: Final = 5000


async def count_outcomes(tx: AsyncConnection) -> ClassCounts:
    """Return how many leads were converted and lost."""
    won = func.count().filter(leads.c.status == LeadStatus.CONVERTED)
    query = select(won.label("won"), func.count().label("ended")).where(_ended())
    row = (await tx.execute(query)).one()
    return ClassCounts(row.won, row.ended - row.won)


async def training_examples(tx: AsyncConnection) -> list[Example]:
    """Return the leads that ended last, each as it was captured, with its outcome.

    They are in the order of their capture: rows of a file were captured at one instant, and by the
    order in which they ended the latest ones could all have been lost.
    """
    query = _captured(_ended()).order_by(leads.c.updated_at.desc()).limit(MOST_EXAMPLES)
    definitions = await definitions_of(tx, LEADS.resource)
    found = sorted(await tx.execute(query), key=lambda row: (row.created_at, row.id))
    return [
        Example(
            row.created_at, _facts(row.columns, definitions), row.status == LeadStatus.CONVERTED
        )
        for row in found
    ]


async def leads_captured_since(
    tx: AsyncConnection, since: datetime
) -> list[tuple[Fields, datetime]]:
    """Return the newest leads since an instant, at most 5,000, as they were captured."""
    query = _captured(leads.c.created_at >= since, leads.c.deleted_at.is_(None))
    rows = await tx.execute(query.order_by(leads.c.created_at.desc()).limit(MOST_COMPARED))
    definitions = await definitions_of(tx, LEADS.resource)
    return [(_facts(row.columns, definitions), row.created_at) for row in rows]


def _ended() -> ColumnElement[bool]:
    lost = and_(
        leads.c.status == LeadStatus.INVALID,
        or_(leads.c.status_reason.is_(None), not_(leads.c.status_reason.in_(NOT_LOST))),
    )
    return and_(leads.c.deleted_at.is_(None), or_(leads.c.status == LeadStatus.CONVERTED, lost))


def _captured(*conditions: ColumnElement[bool]) -> Select[Any]:
    """Select leads with the audit entry of their capture: what was known of them then.

    Later edits are left out: many are made because a lead goes well.
    """
    capture = and_(
        audit_entries.c.tenant_id == leads.c.tenant_id,
        audit_entries.c.resource == LEADS.resource,
        audit_entries.c.record_id == leads.c.id,
        audit_entries.c.part.is_(None),
        audit_entries.c.verb == "INSERT",
    )
    columns = audit_entries.c.changes["to"].label("columns")
    query = select(leads.c.id, leads.c.created_at, leads.c.status, columns)
    return query.join(audit_entries, capture).where(*conditions)


def _facts(columns: Mapping[str, Any], definitions: Mapping[str, FieldDefinition]) -> Fields:
    stored = columns.get("custom_fields") or {}
    return {**facts_at_capture(columns), **_custom(definitions.values(), stored)}


def _custom(definitions: Iterable[FieldDefinition], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of the custom fields that still fit their definitions."""
    facts: dict[str, Any] = {}
    for definition in definitions:
        try:
            facts |= custom_facts([definition], stored)
        except WrongValue:
            continue
    return facts
