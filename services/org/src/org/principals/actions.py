"""The rights of callers as they are now, and the revocation of tokens when rights are withdrawn.

A token says what its holder could do when it was issued. Whoever grants or withdraws rights is
therefore judged by org's tables, under a lock that such commands take one after the other.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.outbox import publish_all
from chassis.tenancy.tenant_admission import ensure_good_standing
from chassis.web.auth import Principal
from chassis.web.commands import Command
from contracts.resources import covers, grantable_scopes
from kernel.errors import Forbidden, RuleBroken
from org.principals import store
from org.principals.domain import ALL_SCOPES, lost_scopes
from org.principals.views import (
    administrator_exists,
    built_in_roles_of,
    find_standing,
    scopes_held,
)


@dataclass(frozen=True)
class CallerRights:
    """What the caller of a command holds now, in org's tables and in the token.

    A command without a caller, such as one of the seed or a row of an import, may give any scope.
    `assignable` are the scopes of the roles that the caller's built-in roles may give to others and
    take from them (`contracts.resources.GRANTABLE_ROLES`), whether the caller holds them or not.
    """

    caller: Principal | None
    held: frozenset[str]
    assignable: frozenset[str] = frozenset()

    def may(self, scope: str) -> bool:
        """Return whether the caller holds this scope."""
        return self.caller is None or (covers(self.held, scope) and self.caller.may(scope))

    def ensure(self, scopes: Iterable[str]) -> None:
        """Ensure that the caller holds all these scopes. Raises Forbidden (SCOPES_NOT_HELD)."""
        _ensure_none_missing(scope for scope in scopes if not self.may(scope))

    def over(self, subject: str) -> "CallerRights":
        """Return the rights over a person: nobody gives themselves what they do not hold."""
        is_self = self.caller is not None and self.caller.subject == subject
        return replace(self, assignable=frozenset()) if is_self else self

    def ensure_may_assign(self, scopes: Iterable[str]) -> None:
        """Ensure that the caller may give and take roles with all these scopes.

        Whoever may give a role may also manage its holders. Raises Forbidden (SCOPES_NOT_HELD).
        """
        _ensure_none_missing(
            scope for scope in scopes if not (covers(self.assignable, scope) or self.may(scope))
        )


def _ensure_none_missing(missing: Iterable[str]) -> None:
    scopes = sorted(set(missing))
    if scopes:
        raise Forbidden("SCOPES_NOT_HELD", scopes=scopes)


async def lock_rights(command: Command, needed: str) -> CallerRights:
    """Lock the tenant's rights and return those of the caller, who needs one scope at least.

    Take this lock before any other. Of two commands that change rights the second sees what the
    first has committed. Without a caller nothing is locked: imports hold their locks for long.
    Raises Forbidden (SCOPES_NOT_HELD, PERSON_INACTIVE), Unauthenticated (TOKEN_REVOKED).
    """
    tx, caller = command.tx, command.caller
    if caller is None:
        return CallerRights(None, frozenset())
    await store.lock_rights(tx)
    ensure_good_standing(caller, await find_standing(tx, caller))
    held, assignable = await rights_of_subject(tx, caller.subject)
    rights = CallerRights(caller, held, assignable)
    rights.ensure([needed])
    return rights


async def rights_of_subject(
    tx: AsyncConnection, subject: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the scopes that a subject holds now, and those of the roles that it may assign."""
    assignable = grantable_scopes(await built_in_roles_of(tx, subject))
    return await scopes_held(tx, subject), assignable


async def lock_tenant_rights(tx: AsyncConnection) -> None:
    """Lock the tenant's rights for a command that has checked its caller in another way."""
    await store.lock_rights(tx)


async def revoke_tokens(
    tx: AsyncConnection, subjects: Collection[str], *, sessions: bool = True
) -> None:
    """Refuse the tokens that these subjects have now, in every service, and end their sessions.

    The calling command has locked the rights and withdraws rights in the same transaction.
    Without `sessions` only the access tokens are refused; sessions go on and get new ones.
    """
    if subjects:
        revoked = await store.revoke(tx, subjects, sessions=sessions)
        await publish_all(tx, [(one.revoked(), one) for one in revoked])


async def withdraw_scopes(
    tx: AsyncConnection, subjects: Collection[str], *, before: Iterable[str], after: Iterable[str]
) -> None:
    """Revoke the tokens of active principals who lose a scope by a change that is saved already.

    Raises RuleBroken (LAST_ADMINISTRATOR) if the change leaves nobody who holds every scope.
    """
    lost = lost_scopes(before, after)
    if lost:
        await revoke_tokens(tx, subjects)
    if ALL_SCOPES in lost:
        await ensure_administrator_remains(tx)


async def ensure_administrator_remains(tx: AsyncConnection) -> None:
    """Ensure that an active person still holds every scope. Raises RuleBroken."""
    if not await administrator_exists(tx):
        raise RuleBroken("LAST_ADMINISTRATOR")
