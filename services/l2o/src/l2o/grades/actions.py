"""Grades accounts by the rules in force, and lets people pin grades."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.write_cause import set_audit_reason
from chassis.jobs import queue
from chassis.web.commands import Command
from kernel.errors import Conflict, Invalid, Violation
from l2o.accounts.actions import classify_account
from l2o.accounts.domain import Account, Classes
from l2o.accounts.store import ACCOUNT
from l2o.grade_queues.actions import ACTOR, GRADING_JOB, grade_found, take_out
from l2o.grade_queues.store import next_ids
from l2o.grades import store
from l2o.grades.domain import ClassRules, GradeRecord, Verdict
from l2o.grades.views import class_rules, facts_of_accounts
from l2o.service_policies.domain import AccountGrade
from l2o.service_policies.store import unknown_teams
from l2o.service_policies.views import ServicePolicies, policies_of
from rules.versions import RuleVersion

GRADED_AT_ONCE: Final = 200
DAILY: Final = "daily"


async def start_grading(tx: AsyncConnection, _version: RuleVersion, now: datetime) -> None:
    """Queue the grading of all accounts by rules that were published, and that of every night."""
    await grade_found(tx, store.all_ids(), now=now)
    await queue.enqueue(tx, GRADING_JOB, DAILY, run_at=now, actor=ACTOR)


async def start_serving(tx: AsyncConnection, version: RuleVersion, now: datetime) -> None:
    """Do as `start_grading` for service policies. Raises Invalid (TEAM_UNKNOWN)."""
    named = {
        f"/rules/rows/{position}/outcome/owner_team_ids/{place}": UUID(team_id)
        for position, row in enumerate(version.content["rows"])
        for place, team_id in enumerate(row["outcome"].get("owner_team_ids") or ())
    }
    unknown = await unknown_teams(tx, set(named.values()))
    wrong = [
        Violation(pointer, "TEAM_UNKNOWN")
        for pointer, team_id in named.items()
        if team_id in unknown
    ]
    if wrong:
        raise Invalid(wrong)
    await start_grading(tx, version, now)


async def grade_all_soon(tx: AsyncConnection, now: datetime) -> None:
    """Queue the grading of all accounts, because days have passed."""
    await grade_found(tx, store.all_ids(), now=now)


async def grade_chunk(command: Command) -> bool:
    """Grade the next accounts that wait; return whether others wait.

    One that somebody changes at this moment waits on. A deleted one is graded when it is restored.
    """
    tx = command.tx
    ids = await next_ids(tx, GRADED_AT_ONCE)
    found, gone = await store.lock_free(tx, ids)
    await take_out(tx, gone.union(account.id for account in found))
    await _grade(command, found, await class_rules(tx), await policies_of(tx))
    return bool(await next_ids(tx, 1))


async def grade_account(command: Command, account_id: UUID) -> bool:
    """Grade an account; return whether that is done, or somebody changes it at this moment."""
    tx = command.tx
    found, gone = await store.lock_free(tx, [account_id])
    if found:
        await _grade(command, found, await class_rules(tx), await policies_of(tx))
    return bool(found or gone)


async def _grade(
    command: Command, found: Sequence[Account], rules: ClassRules, policies: ServicePolicies
) -> None:
    tx = command.tx
    records = await store.grade_records_of(tx, [account.id for account in found])
    facts = await facts_of_accounts(tx, found, command.now)
    for account, known in zip(found, facts, strict=True):
        verdict, before = rules.judge(known), records[account.id]
        record = replace(
            before,
            computed=verdict.grade,
            row_name=verdict.row_name,
            rule_version=rules.version,
        )
        if record != before:
            await store.save_grade_record(tx, record)
        classes = _classes(account, record, policies, verdict)
        await classify_account(command, account, classes, reason=record.pin_reason)


def _classes(
    account: Account, record: GradeRecord, policies: ServicePolicies, verdict: Verdict | None = None
) -> Classes:
    """Return the classes of an account by its grade; without a verdict the others stay."""
    policy = policies.policy_of(replace(account, grade=record.grade))
    return Classes(
        grade=record.grade,
        sales_process=policy.sales_process,
        review_days=policy.review_days,
        segment=account.segment if verdict is None else verdict.segment,
        rule_tags=account.rule_tags if verdict is None else verdict.tags,
    )


async def pin_grade(
    command: Command, account_id: UUID, grade: AccountGrade, *, reason: str
) -> Account:
    """Give an account a grade that rules do not change, until it is taken back.

    Raises NotFound, Conflict (MOVE_MADE_OTHERWISE), PreconditionFailed, PreconditionRequired.
    """
    account = await ACCOUNT.get(command.tx, account_id, lock=True)
    before = await store.grade_record_of(command.tx, account_id)
    if before.pinned is grade:
        if before.pin_reason == reason:
            return account
        command.expected.check(account)
        raise Conflict("MOVE_MADE_OTHERWISE")
    command.expected.check(account)
    record = before.pin(grade, reason=reason, by=command.actor, at=command.now)
    return await _save(command, account, record, reason)


async def unpin_grade(command: Command, account_id: UUID, *, reason: str) -> Account:
    """Let the rules decide the grade of an account again; it has the one they gave it last.

    Raises NotFound, RuleBroken (GRADE_NOT_PINNED), PreconditionFailed, PreconditionRequired.
    """
    account = await ACCOUNT.get(command.tx, account_id, lock=True)
    before = await store.grade_record_of(command.tx, account_id)
    command.expected.check(account)
    return await _save(command, account, before.unpin(), reason)


async def _save(command: Command, account: Account, record: GradeRecord, reason: str) -> Account:
    tx = command.tx
    await set_audit_reason(tx, reason)
    await store.save_grade_record(tx, record)
    classes = _classes(account, record, await policies_of(tx))
    return await classify_account(command, account, classes, reason=reason)
