"""Whether a caller may manage a person, judged by the scopes that both hold now."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from org.people.domain import Person
from org.principals.actions import CallerRights
from org.roles.store import role_scopes_of_person

WRITE_PEOPLE: Final = "org.person.write"
# Write scopes that concern only one's own records; they make nobody an administrator.
SELF_SERVICE_SCOPES = frozenset(
    f"org.{resource}.write" for resource in ("task", "reminder", "notification", "leave")
)


async def ensure_may_manage(tx: AsyncConnection, rights: CallerRights, person: Person) -> None:
    """Ensure that the caller holds or may assign every scope of the person.

    Raises Forbidden (SCOPES_NOT_HELD).
    """
    rights.ensure_may_assign(await scopes_of(tx, person))


async def ensure_may_administer(tx: AsyncConnection, rights: CallerRights, person: Person) -> None:
    """Ensure that the caller holds or may assign every administrative scope of the person.

    For example, a people administrator can deactivate sellers, but not role administrators.
    Raises Forbidden (SCOPES_NOT_HELD).
    """
    rights.ensure_may_assign(
        {scope for scope in await scopes_of(tx, person) if _is_administrative(scope)}
    )


async def scopes_of(tx: AsyncConnection, person: Person) -> set[str]:
    """Return the scopes that a person has by roles and directly, whether active or not."""
    return {*person.scopes, *await role_scopes_of_person(tx, person.id)}


def _is_administrative(scope: str) -> bool:
    writes_directory = scope.startswith("org.") and scope.endswith((".write", ".admin", ".*"))
    return scope in ("*", "org.*") or (writes_directory and scope not in SELF_SERVICE_SCOPES)
