"""Who may do what to whom: by the scopes of both."""

from sqlalchemy.ext.asyncio import AsyncConnection

from org.logins.actions import ensure_may_grant
from org.people.domain import Person
from org.roles.actions import May
from org.roles.store import scopes_held

# What everybody writes in their own day.
DAILY = frozenset(f"org.{each}.write" for each in ("task", "reminder", "notification", "leave"))


async def ensure_may_no_more(tx: AsyncConnection, person: Person, *, may: May) -> None:
    """The person may do nothing that the caller may not: nobody gives, or takes, what he lacks.

    Raises Forbidden (SCOPES_NOT_HELD).
    """
    ensure_may_grant(await _scopes_of(tx, person), may=may)


async def ensure_administers(tx: AsyncConnection, person: Person, *, may: May) -> None:
    """Of what the person administers in the directory the caller lacks nothing.

    Whoever looks after people sends sellers on leave for good, but not those who look after more.
    Raises Forbidden (SCOPES_NOT_HELD).
    """
    held = await _scopes_of(tx, person)
    ensure_may_grant({scope for scope in held if _administers(scope)}, may=may)


async def _scopes_of(tx: AsyncConnection, person: Person) -> set[str]:
    return {*person.scopes, *await scopes_held(tx, person.id)}


def _administers(scope: str) -> bool:
    own = scope.startswith("org.") and scope.endswith((".write", ".admin", ".*"))
    return scope in ("*", "org.*") or (own and scope not in DAILY)
