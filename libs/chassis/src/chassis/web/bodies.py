"""Request bodies that routes of several features share."""

from pydantic import BaseModel, ConfigDict


class EmptyBody(BaseModel):
    """The body of a command without parameters: `{}`, or no body at all."""

    model_config = ConfigDict(extra="forbid")
