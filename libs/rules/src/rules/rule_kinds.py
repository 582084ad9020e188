"""The rule sets of a service: what their rules may read and decide, and on what they are tried."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility
from kernel.errors import Invalid, Violation
from rules.checks import CheckedRuleSet, check_rule_set
from rules.fact_values import Facts
from rules.fields import FactSchema
from rules.rule_set_json import OutcomeCheck, parse_rule_set
from rules.rule_sets import HitPolicy, RuleSet
from rules.versions import Content, RuleVersion


@dataclass(frozen=True, kw_only=True)
class RuleKind:
    """A rule set that administrators of a tenant may change.

    `name` stands in the address, `label` is the code of its name for people. `schema` returns what
    rules may read, custom fields included. `records` yields records that the caller sees, with
    their facts, for a dry run; `facts` returns those of one record, or raises NotFound.
    `published` is called in the transaction that publishes a version.
    """

    name: str
    label: str
    hit_policy: HitPolicy
    schema: Callable[[AsyncConnection], Awaitable[FactSchema]]
    records: Callable[[AsyncConnection, Visibility, int], AsyncIterator[tuple[UUID, Facts]]]
    facts: Callable[[AsyncConnection, UUID], Awaitable[Facts]]
    published: Callable[[AsyncConnection, RuleVersion, datetime], Awaitable[None]]
    check_outcome: OutcomeCheck | None = None

    def content_of(self, version: RuleVersion | None) -> Content:
        """Return the rules of a version; none before the first one."""
        if version is None:
            return {"hit_policy": str(self.hit_policy), "rows": []}
        return version.content

    async def check(self, tx: AsyncConnection, body: Content, *, at: str = "") -> CheckedRuleSet:
        """Read rules that are to be saved. Raises Invalid with all violations."""
        checked = check_rule_set(await self.schema(tx), body, self.check_outcome, at=at)
        if checked.rule_set.hit_policy is not self.hit_policy:
            expected = {"expected": str(self.hit_policy)}
            raise Invalid([Violation(f"{at}/hit_policy", "RULE_POLICY_FIXED", expected)])
        return checked

    async def read(self, tx: AsyncConnection, version: RuleVersion | None) -> RuleSet:
        """Read the rules of a version. Raises Invalid if a field of theirs is gone."""
        return parse_rule_set(await self.schema(tx), self.content_of(version), self.check_outcome)
