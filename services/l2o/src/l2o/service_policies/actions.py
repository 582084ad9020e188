"""Keeps accounts in the hands of those who may own them."""

from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.service_policies.domain import GradedAccount
from l2o.service_policies.store import standing_of
from l2o.service_policies.views import policies_of


async def ensure_may_own(tx: AsyncConnection, account: GradedAccount, owner_id: str | None) -> None:
    """Refuse an owner whom the policy of the account does not allow.

    Raises RuleBroken (OWNER_NOT_SENIOR).
    """
    if owner_id is None:
        return
    policy = (await policies_of(tx)).policy_of(account)
    if policy.names_owners:
        policy.ensure_allows(await standing_of(tx, owner_id), account.grade)
