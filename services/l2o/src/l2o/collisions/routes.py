"""The HTTP API of the policy on collisions."""

from chassis.foundation.clock import Now
from chassis.web.auth import allow
from chassis.web.commands import ChangeCommand
from chassis.web.patches import MergePatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.collisions import actions
from l2o.collisions.schemas import CollisionPolicyEdit, CollisionPolicyOut
from l2o.collisions.store import policy_of

router = new_router("/collision-policy", tag="collisions")


@router.get(
    "",
    dependencies=[allow("l2o.collision_policy.read")],
    summary="Read what becomes of accounts that are there already",
)
async def collision_policy_get(tx: Tx, now: Now) -> CollisionPolicyOut:
    return CollisionPolicyOut.model_validate(await policy_of(tx, now))


@router.patch(
    "",
    dependencies=[allow("l2o.collision_policy.write")],
    summary="Change what becomes of accounts that are there already",
)
async def collision_policy_edit(
    body: MergePatch[CollisionPolicyEdit], command: ChangeCommand
) -> CollisionPolicyOut:
    return CollisionPolicyOut.model_validate(await actions.edit_policy(command, body.applied))


ROUTERS = (router,)
