"""Reads the service policy of an account."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.rule_sets.store import ACCOUNT_SERVICE, VERSIONS
from l2o.service_policies.domain import (
    SERVICE_FACTS,
    GradedAccount,
    ServicePolicy,
    service_facts_of,
)
from l2o.service_policies.schemas import check_service
from rules.evaluation import Evaluator
from rules.kept_evaluators import evaluator_of
from rules.versions import RuleVersion


@dataclass(frozen=True)
class ServicePolicies:
    """The policies in force, made ready for many accounts."""

    rules: Evaluator | None = None

    @classmethod
    def of(cls, version: RuleVersion | None) -> "ServicePolicies":
        """Return the policies of a version; none before the first one."""
        if version is None:
            return cls()
        return cls(evaluator_of(SERVICE_FACTS, version.content, check_service))

    def policy_of(self, account: GradedAccount) -> ServicePolicy:
        """Return how an account is served."""
        if self.rules is None:
            return ServicePolicy()
        return ServicePolicy.of(self.rules.decide(service_facts_of(account)).outcome)


async def policies_of(tx: AsyncConnection) -> ServicePolicies:
    """Return the policies in force."""
    return ServicePolicies.of(await VERSIONS.latest(tx, ACCOUNT_SERVICE))
