"""Request bodies of conversions."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kernel.personal import Personal
from mtl.conversions.domain.conversion import ConversionRequest, ConvertedRecord
from mtl.leads.schemas.fields import LineText


class LeadConvertIn(BaseModel):
    """What a lead becomes: by default a new account, a new contact and a new opportunity."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"opportunity_name": "远景科技 CRM 项目"}}
    )

    account_id: UUID | None = Field(
        default=None,
        description="An existing account; by default that of the contact, or a new one",
    )
    contact_id: UUID | None = Field(
        default=None, description="An existing contact of the account; by default a new one"
    )
    records: Annotated[frozenset[ConvertedRecord], Field(min_length=1, max_length=3)] = Field(
        default=frozenset(ConvertedRecord),
        description="What the lead becomes. Without `ACCOUNT` an existing account or contact is"
        " named; one that is named need not stand here",
    )
    opportunity_name: Annotated[LineText | None, Personal("text")] = Field(
        default=None, description="By default the company or name of the lead"
    )

    def request(self) -> ConversionRequest:
        """Return what is to be converted, as the domain calls it."""
        return ConversionRequest(
            account_id=self.account_id,
            contact_id=self.contact_id,
            records=self.records,
            opportunity_name=self.opportunity_name,
        )
