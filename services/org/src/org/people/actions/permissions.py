"""Whether a caller may manage a person, judged by the scopes of both."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from org.logins.actions import ensure_holds_scopes
from org.people.domain import Person
from org.roles.store import role_scopes_of_person

# Write scopes that concern only one's own records; they make nobody an administrator.
SELF_SERVICE_SCOPES = frozenset(
    f"org.{resource}.write" for resource in ("task", "reminder", "notification", "leave")
)


async def ensure_holds_scopes_of(command: Command, person: Person) -> None:
    """Ensure that the caller has every scope of the person. Raises Forbidden (SCOPES_NOT_HELD)."""
    ensure_holds_scopes(command, await _scopes_of(command.tx, person))


async def ensure_may_administer(command: Command, person: Person) -> None:
    """Ensure that the caller has every administrative scope of the person.

    For example, a people administrator can deactivate sellers, but not role administrators.
    Raises Forbidden (SCOPES_NOT_HELD).
    """
    scopes = await _scopes_of(command.tx, person)
    ensure_holds_scopes(command, {scope for scope in scopes if _is_administrative(scope)})


async def _scopes_of(tx: AsyncConnection, person: Person) -> set[str]:
    return {*person.scopes, *await role_scopes_of_person(tx, person.id)}


def _is_administrative(scope: str) -> bool:
    writes_directory = scope.startswith("org.") and scope.endswith((".write", ".admin", ".*"))
    return scope in ("*", "org.*") or (writes_directory and scope not in SELF_SERVICE_SCOPES)
