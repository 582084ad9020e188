from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from org.logins.schemas import Scopes

Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    Field(examples=["金蝶 ERP"]),
]
ClientId = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$"),
    Field(examples=["erp-demo"]),
]


class ClientEdit(BaseModel):
    """What may be edited of a service client."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"scopes": ["rms.order.read"]}]},
    )
    name: Name
    scopes: Scopes = []


class ClientIn(ClientEdit):
    """A new service client."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "金蝶 ERP",
                    "client_id": "erp-demo",
                    "scopes": ["rms.order.read", "rms.payment.write"],
                }
            ]
        },
    )
    client_id: ClientId | None = Field(
        None, description="Unique in the whole system, usernames included; made up when absent"
    )


class ClientOut(BaseModel):
    """A service client."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    client_id: str
    name: str
    scopes: list[str]
    active: bool
    rotated_at: datetime | None = Field(description="When it was given its present secret, if anew")
    created_at: datetime
    updated_at: datetime
    version: int


class ClientCreated(ClientOut):
    """A service client and its new secret."""

    client_secret: str | None = Field(
        description="Told this once; null when the answer is replayed by its Idempotency-Key"
    )
