"""Reads the rules in force, and the accounts with what rules read of them."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import now as current_time
from chassis.records.access.visibility import Visibility
from chassis.records.custom_fields.store import definitions_of
from chassis.records.tenant_settings import settings_of
from kernel.errors import Invalid
from l2o.accounts.domain import Account
from l2o.accounts.store import ACCOUNT, ACCOUNTS
from l2o.grades import store
from l2o.grades.domain import ACCOUNT_FACTS, ClassRules, facts_of
from l2o.grades.schemas import check_grade, check_segment, check_tags
from l2o.rule_sets.store import ACCOUNT_GRADE, ACCOUNT_SEGMENT, ACCOUNT_TAGS, VERSIONS
from l2o.service_policies.domain import service_facts_of
from rules.custom_fields import custom_facts, schema_with_custom_fields
from rules.evaluation import Evaluator
from rules.fact_values import Facts
from rules.fields import FactSchema
from rules.kept_evaluators import evaluator_of
from rules.rule_kinds import TriedRecord
from rules.rule_set_json import OutcomeCheck
from rules.versions import RuleVersion

log = structlog.get_logger()
READ_AT_ONCE: Final = 500
_CHECKS: Final[dict[str, OutcomeCheck]] = {
    ACCOUNT_GRADE: check_grade,
    ACCOUNT_SEGMENT: check_segment,
    ACCOUNT_TAGS: check_tags,
}


async def account_schema(tx: AsyncConnection) -> FactSchema:
    """Return the fields of accounts that rules may read, with the tenant's custom fields."""
    return await schema_with_custom_fields(tx, ACCOUNT_FACTS, ACCOUNTS.resource)


async def class_rules(tx: AsyncConnection) -> ClassRules:
    """Return the rules in force.

    Rules that read a custom field which was deleted since say nothing: the log says so, and
    publishing them anew shows what is wrong.
    """
    versions = await VERSIONS.latest_of(tx, list(_CHECKS))
    schema = await account_schema(tx) if versions else ACCOUNT_FACTS
    read = {name: await _evaluator(schema, version) for name, version in versions.items()}
    grade = versions.get(ACCOUNT_GRADE)
    return ClassRules(
        grade=read.get(ACCOUNT_GRADE),
        segment=read.get(ACCOUNT_SEGMENT),
        tags=read.get(ACCOUNT_TAGS),
        version=0 if grade is None else grade.number,
    )


async def _evaluator(schema: FactSchema, version: RuleVersion) -> Evaluator | None:
    try:
        return evaluator_of(schema, version.content)
    except Invalid as invalid:
        codes = [one.code for one in invalid.violations]
        await log.aerror("rules_unreadable", version=version.number, violations=codes)
        return None


async def facts_of_accounts(
    tx: AsyncConnection, found: Sequence[Account], now: datetime
) -> list[dict[str, Any]]:
    """Return what rules read of accounts, in their order, custom fields included."""
    currency = (await settings_of(tx)).currency
    ids = [account.id for account in found]
    figures = await store.figures_of(tx, ids, currency=currency, now=now)
    definitions = (await definitions_of(tx, ACCOUNTS.resource)).values()
    return [
        facts_of(one, figures[one.id], now) | custom_facts(definitions, one.custom_fields)
        for one in found
    ]


async def facts_of_newest(
    tx: AsyncConnection, visibility: Visibility, limit: int
) -> AsyncIterator[tuple[TriedRecord, Facts]]:
    """Yield the newest accounts that the caller sees, with what rules read of them."""
    now = current_time()
    async for chunk in _newest(tx, visibility, limit):
        facts = await facts_of_accounts(tx, chunk, now)
        for account, one in zip(chunk, facts, strict=True):
            yield TriedRecord(account.id, account.name), one


async def facts_of_one(tx: AsyncConnection, account_id: UUID) -> Facts:
    """Return what rules read of an account. Raises NotFound."""
    account = await ACCOUNT.get(tx, account_id, with_deleted=True)
    return (await facts_of_accounts(tx, [account], current_time()))[0]


async def service_facts_of_newest(
    tx: AsyncConnection, visibility: Visibility, limit: int
) -> AsyncIterator[tuple[TriedRecord, Facts]]:
    """Yield the newest accounts that the caller sees, with what service policies read of them."""
    async for chunk in _newest(tx, visibility, limit):
        for account in chunk:
            yield TriedRecord(account.id, account.name), service_facts_of(account)


async def service_facts_of_one(tx: AsyncConnection, account_id: UUID) -> Facts:
    """Return what service policies read of an account. Raises NotFound."""
    return service_facts_of(await ACCOUNT.get(tx, account_id, with_deleted=True))


async def _newest(
    tx: AsyncConnection, visibility: Visibility, limit: int
) -> AsyncIterator[Sequence[Account]]:
    ids = await store.newest_ids(tx, visibility, limit)
    for start in range(0, len(ids), READ_AT_ONCE):
        yield await ACCOUNT.get_all(tx, ids[start : start + READ_AT_ONCE])
