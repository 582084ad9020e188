"""Reads what the rules of assignment read: the fields of leads, with score, grade and status."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.leads.actions.scoring import lead_facts
from mtl.leads.domain.scoring import GRADE_FACT, SCORE_FACT, STATUS_FACT, stored_facts_of
from mtl.leads.store.tried import LeadFacts
from rules.fields import FactSchema

ASSIGNMENT_FACTS: Final = LeadFacts(stored_facts_of)


async def assignment_facts(tx: AsyncConnection) -> FactSchema:
    """Return the fields of leads that the rules may read, with the tenant's custom fields."""
    return (await lead_facts(tx)).with_fields((SCORE_FACT, GRADE_FACT, STATUS_FACT))
