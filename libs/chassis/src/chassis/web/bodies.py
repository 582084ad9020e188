"""Request bodies that belong to no feature."""

from pydantic import BaseModel, ConfigDict


class EmptyBody(BaseModel):
    """The body of a move that needs no more than its name: `{}` or none at all."""

    model_config = ConfigDict(extra="forbid")
