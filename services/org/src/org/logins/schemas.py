"""Field types of usernames, passwords and scopes."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from contracts.resources import known_scopes
from kernel.personal import Personal
from kernel.texts import TrimmedText
from org.logins.domain import SCOPE_PATTERN


def _sorted_unique(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


def _known(scope: str) -> str:
    """Refuse a scope that no service declares: it would silently give nothing."""
    if scope not in known_scopes():
        raise PydanticCustomError("SCOPE_UNKNOWN", "No service declares it", {"scope": scope})
    return scope


Username = Annotated[
    str,
    TrimmedText(pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{1,63}$"),
    AfterValidator(str.lower),
    Personal("username"),
    Field(
        description="Unique in the whole system; case does not matter",
        examples=["li.na"],
    ),
]
Password = Annotated[SecretStr, Field(min_length=8, max_length=128, examples=["correct horse"])]
Scope = Annotated[
    str,
    StringConstraints(max_length=100, pattern=SCOPE_PATTERN),
    AfterValidator(_known),
]
Scopes = Annotated[
    tuple[Scope, ...],
    Field(max_length=200, examples=[["mtl.lead.read", "mtl.lead.write"]]),
    AfterValidator(_sorted_unique),
]
