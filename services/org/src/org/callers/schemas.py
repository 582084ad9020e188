"""The response body about the caller."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from kernel.personal import Personal
from org.tenants.schemas import TenantOut


class CallerOut(BaseModel):
    """The caller, as stated in the token, and the caller's tenant."""

    subject: str = Field(
        description="The token's `sub`; for tokens of our own issuer the id of the person or client"
    )
    kind: Literal["PERSON", "CLIENT"]
    name: Annotated[str, Personal("name")]
    scopes: list[str]
    tenant: TenantOut
