"""The actor that access keys are in audit entries: it names who issued the key.

The issuer is part of the actor, so that entries name them after the key was pruned.
"""

from typing import Final
from uuid import UUID

from chassis.foundation.context import operator_name
from chassis.foundation.texts import COMMON
from chassis.foundation.words import in_words

_PREFIX: Final = "access-key:"
# Matches the subject of the issuer in an actor, for PostgreSQL's `substring`.
ISSUER_PATTERN: Final = "^access-key:[^:]*:(.*)$"


def access_key_actor(key_id: UUID, *, issued_by: str | None) -> str:
    """Return the actor of a key, which is also the subject of its requests."""
    return f"{_PREFIX}{key_id}:{issued_by or ''}"


def shown_actor_name(actor: str | None, name: str | None) -> str | None:
    """Return how an actor is called, in the language of the request.

    `name` is the person's name in the directory: of the actor, or of who issued the access key.
    An operator of the command line is called as they called themselves.
    """
    if actor is None:
        return name
    if (operator := operator_name(actor)) is not None:
        return operator
    if not actor.startswith(_PREFIX):
        return name
    code = "ACCESS_KEY_UNNAMED" if name is None else "ACCESS_KEY_ISSUED_BY"
    return in_words(COMMON[code], name=name)
