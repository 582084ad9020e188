"""Request and response bodies of service clients."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from kernel.texts import TrimmedText
from org.logins.schemas import Scopes

ClientName = Annotated[
    str,
    TrimmedText(min_length=1, max_length=200),
    Field(examples=["金蝶 ERP"]),
]
ClientId = Annotated[
    str,
    TrimmedText(pattern=r"^[a-z0-9][a-z0-9._-]{1,63}$"),
    Field(examples=["erp-demo"]),
]


class ClientEdit(BaseModel):
    """The fields of a service client that can be edited."""

    model_config = ConfigDict(
        extra="forbid",
        from_attributes=True,
        json_schema_extra={"examples": [{"scopes": ["rms.order.read"]}]},
    )
    name: ClientName
    scopes: Scopes = ()


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
        None, description="Unique in the whole system, including usernames; generated when absent"
    )


class ClientOut(BaseModel):
    """A service client."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    client_id: str
    name: str
    scopes: list[str]
    active: bool
    rotated_at: datetime | None = Field(
        description="When the current secret was issued; null for the first secret"
    )
    created_at: datetime
    updated_at: datetime
    version: int


class ClientWithSecret(ClientOut):
    """A service client with its new secret."""

    client_secret: str | None = Field(
        description="Shown only once; null when the answer is replayed by its Idempotency-Key"
    )
