from typing import Annotated, Literal

from pydantic import BaseModel, Field

from kernel.personal import Personal
from org.tenants.schemas import TenantOut


class Me(BaseModel):
    """The caller, as the token says, and the caller's tenant."""

    subject: str = Field(description="The token's `sub`: of our own issuer an id")
    kind: Literal["PERSON", "CLIENT"]
    name: Annotated[str, Personal("name")]
    scopes: list[str]
    tenant: TenantOut
