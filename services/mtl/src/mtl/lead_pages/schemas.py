"""The response body of the page of a lead."""

from pydantic import BaseModel, Field

from chassis.records.access.schemas import AccessOut
from mtl.duplicates.schemas.customers import DuplicatesOut
from mtl.leads.schemas.leads import LeadOut
from mtl.leads.schemas.moves import PossibleMoveOut
from mtl.recyclings.schemas import LeadClockOut


class LeadPageOut(BaseModel):
    """A lead with what can be done with it, who sees it, its clock, and what is like it."""

    lead: LeadOut
    moves: list[PossibleMoveOut] = Field(description="Allowed or not in its status, and why not")
    access: AccessOut
    clock: LeadClockOut
    like: DuplicatesOut = Field(description="Leads, accounts and contacts, as `/duplicates` says")
