"""Reads captures as the leads that they are to become."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.store import definitions_of
from kernel.ids import new_id
from mtl.captures.domain import Capture
from mtl.channels.views import read_fields
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEADS


async def read_as_lead(tx: AsyncConnection, capture: Capture, *, now: datetime) -> Lead:
    """Return the lead that a capture would become, with those of its fields that are valid."""
    definitions = await definitions_of(tx, LEADS.resource)
    details, _ = read_fields(capture.fields or {}, definitions)
    lead_id = capture.lead_id or new_id()
    return Lead(**vars(details), id=lead_id, created_at=now, updated_at=now)
