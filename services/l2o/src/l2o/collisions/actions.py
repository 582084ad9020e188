"""The commands on policies, and the check of accounts that are created or changed."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import ScopedResource
from chassis.records.record_commands import visibility_for
from chassis.records.tenant_records import edit_tenant_record
from chassis.web.commands import Command
from l2o.collisions import store, views
from l2o.collisions.domain import (
    Collision,
    CollisionAction,
    CollisionKey,
    CollisionPolicy,
    CompanyFacts,
    PersonFacts,
    collision_error,
)
from l2o.collisions.store import POLICY, policy_of

_ALLOW = CollisionAction.ALLOW


async def edit_policy(
    command: Command, edit: Callable[[CollisionPolicy], CollisionPolicy]
) -> CollisionPolicy:
    """Apply an edit to the policy; the first one stores it. Raises what `edit_record` raises."""
    return await edit_tenant_record(command, POLICY, edit)


async def ensure_no_collision(
    command: Command, facts: CompanyFacts, resource: str, *, besides: UUID | None = None
) -> list[Collision]:
    """Refuse what the policy blocks, and unless the command is confirmed, what it warns of.

    Return the collisions that it warns of. Writers of the same keys wait for each other, so that
    one of two at once is refused. Raises Conflict (ACCOUNT_COLLIDES, ACCOUNT_MAY_COLLIDE).
    """
    tx = command.tx
    await store.lock_keys(tx, facts.exact_keys())
    policy = await policy_of(tx, command.now)
    found = await views.collisions_of(tx, facts, besides=besides)
    blocked = _judged(policy, found, CollisionAction.BLOCK)
    warned = _judged(policy, found, CollisionAction.WARN)
    refused = blocked or ([] if command.confirmed else warned)
    if refused:
        visibility = await visibility_for(command, resource)
        holders = await views.holders_of(tx, refused, visibility)
        action = CollisionAction.BLOCK if blocked else CollisionAction.WARN
        raise collision_error("account", action, refused, holders)
    return warned


async def ensure_new_person(
    command: Command, facts: PersonFacts, scoped: ScopedResource, *, besides: UUID
) -> None:
    """Refuse a contact whose number or mail another one has, as `ensure_no_collision` does.

    Raises Conflict (CONTACT_COLLIDES, CONTACT_MAY_COLLIDE).
    """
    tx = command.tx
    policy = await policy_of(tx, command.now)
    if policy.action_for_contacts((CollisionKey.PHONE, CollisionKey.EMAIL)) is _ALLOW:
        return
    await store.lock_keys(tx, facts.exact_keys())
    found = await views.contact_collisions_of(tx, facts, besides=besides)
    for action in (CollisionAction.BLOCK, CollisionAction.WARN):
        refused = [one for one in found if policy.action_for_contacts(one.keys) is action]
        if refused and (action is CollisionAction.BLOCK or not command.confirmed):
            visibility = await visibility_for(command, scoped.resource)
            holders = await views.holders_of(tx, refused, visibility, scoped)
            raise collision_error("contact", action, refused, holders)


async def warnings_of(
    tx: AsyncConnection, facts: CompanyFacts, now: datetime, *, besides: UUID
) -> list[Collision]:
    """Return the collisions of an account that the policy warns of, the likeliest first."""
    found = await views.collisions_of(tx, facts, besides=besides)
    return _judged(await policy_of(tx, now), found, CollisionAction.WARN)


def _judged(
    policy: CollisionPolicy, found: Sequence[Collision], action: CollisionAction
) -> list[Collision]:
    return [one for one in found if policy.action_for(one.keys) is action]
