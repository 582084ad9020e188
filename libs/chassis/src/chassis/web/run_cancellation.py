"""The body of the requests that cancel a snapshot, a rebuild or a resend."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class RunCancelIn(BaseModel):
    """Why a run is cancelled."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"note": "the wrong aggregate"}}
    )
    note: Annotated[str | None, Field(min_length=1, max_length=500)] = None
