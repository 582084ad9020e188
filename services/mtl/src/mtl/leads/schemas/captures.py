"""The body of a lead that is captured through the API."""

from typing import Self
from uuid import UUID

from pydantic import Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from mtl.leads.schemas.leads import LeadIn


class LeadCaptureIn(LeadIn):
    """A new lead: of the caller, of an owner, in a pool, or to be assigned by the rules."""

    pool_id: UUID | None = Field(
        default=None,
        description="Without an owner it waits in this pool until a member claims it",
    )
    assign: StrictBool = Field(
        default=False, description="Whether the rules `lead_assignment` find its owner, soon after"
    )

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        places = (self.owner_id is not None, self.pool_id is not None, self.assign)
        if sum(places) > 1:
            raise PydanticCustomError("LEAD_PLACES", "One of owner, pool and assignment")
        return self
