"""Response bodies of sessions."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class SessionOut(BaseModel):
    """A session of a person that has not ended."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    device: str | None = Field(
        description="The program that signed in, as its User-Agent says",
        examples=["Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0"],
    )
    created_at: datetime = Field(description="When the person signed in")
    last_used_at: datetime = Field(description="When the session got its latest token")
    expires_at: datetime = Field(description="When the person has to sign in again at the latest")
    current: bool = Field(description="Whether the caller's token is of this session")


class SessionsOut(BaseModel):
    """The sessions of a person, the latest used first."""

    items: list[SessionOut]
