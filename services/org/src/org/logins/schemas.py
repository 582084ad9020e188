"""Field types of usernames, passwords and scopes."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from kernel.personal import Personal
from org.logins.domain import SCOPE_PATTERN


def _sorted_unique(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(values)))


Username = Annotated[
    str,
    StringConstraints(strip_whitespace=True, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]{1,63}$"),
    AfterValidator(str.lower),
    Personal("username"),
    Field(
        description="Unique in the whole system; case does not matter",
        examples=["li.na"],
    ),
]
Password = Annotated[SecretStr, Field(min_length=8, max_length=128, examples=["correct horse"])]
Scope = Annotated[str, StringConstraints(max_length=100, pattern=SCOPE_PATTERN)]
Scopes = Annotated[
    tuple[Scope, ...],
    Field(max_length=200, examples=[["mtl.lead.read", "mtl.lead.write"]]),
    AfterValidator(_sorted_unique),
]
