"""The HTTP API of grades, and of the rules that classify accounts."""

from typing import Final
from uuid import UUID

from chassis.records.access.guards import may_read, may_write
from chassis.web.auth import allow
from chassis.web.commands import ChangeCommand
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.accounts.domain import Account
from l2o.accounts.store import ACCOUNT, ACCOUNTS
from l2o.grades import actions, views
from l2o.grades.schemas import (
    AccountGradeOut,
    GradePin,
    GradeUnpin,
    check_grade,
    check_segment,
    check_tags,
)
from l2o.grades.store import grade_record_of
from l2o.rule_sets.store import (
    ACCOUNT_GRADE,
    ACCOUNT_SEGMENT,
    ACCOUNT_SERVICE,
    ACCOUNT_TAGS,
    VERSIONS,
)
from l2o.service_policies.domain import SERVICE_FACTS
from l2o.service_policies.schemas import check_service
from l2o.service_policies.store import standing_of
from l2o.service_policies.views import policies_of
from l2o.texts import RULE_LABELS, TEXTS
from rules.fields import FactSchema
from rules.rule_kinds import RuleKind
from rules.rule_routes import RuleAdministration, explanation_router, rule_router
from rules.rule_set_json import OutcomeCheck
from rules.rule_sets import HitPolicy

router = new_router("/accounts", tag="grades")
READ = [may_read(ACCOUNTS), allow("l2o.account_grade.read")]
PIN = [may_write(ACCOUNTS), allow("l2o.account_grade.write")]


@router.get("/{account_id}/grade", dependencies=READ, summary="Read its grade")
async def account_grade(account_id: UUID, tx: Tx) -> AccountGradeOut:
    """Get the grade of an account, how it came to it, and how the account is served."""
    return await _answer(tx, await ACCOUNT.get(tx, account_id))


@router.post("/{account_id}/pin-grade", dependencies=PIN, summary="Pin its grade")
async def account_pin_grade(
    account_id: UUID, body: GradePin, command: ChangeCommand
) -> AccountGradeOut:
    """Give an account a grade that rules do not change, with a reason."""
    account = await actions.pin_grade(command, account_id, body.grade, reason=body.reason)
    return await _answer(command.tx, account)


@router.post("/{account_id}/unpin-grade", dependencies=PIN, summary="Let rules grade it again")
async def account_unpin_grade(
    account_id: UUID, body: GradeUnpin, command: ChangeCommand
) -> AccountGradeOut:
    """Let the rules decide the grade of an account again."""
    account = await actions.unpin_grade(command, account_id, reason=body.reason)
    return await _answer(command.tx, account)


async def _answer(tx: Tx, account: Account) -> AccountGradeOut:
    policy = (await policies_of(tx)).policy_of(account)
    owner_id = account.owner_id
    is_allowed = owner_id is None or policy.allows(await standing_of(tx, owner_id))
    record = await grade_record_of(tx, account.id)
    return AccountGradeOut.of(account, record, policy, owner_is_allowed=is_allowed)


async def _service_schema(_tx: Tx) -> FactSchema:
    return SERVICE_FACTS


def _classifying(name: str, hit_policy: HitPolicy, check: OutcomeCheck) -> RuleKind:
    """Return a rule set that reads all that is known of accounts."""
    return RuleKind(
        name=name,
        label=f"RuleSet.{name}",
        hit_policy=hit_policy,
        schema=views.account_schema,
        records=views.facts_of_newest,
        facts=views.facts_of_one,
        published=actions.start_grading,
        check_outcome=check,
    )


SERVICE_RULES: Final = RuleKind(
    name=ACCOUNT_SERVICE,
    label="RuleSet.account_service",
    hit_policy=HitPolicy.FIRST,
    schema=_service_schema,
    records=views.service_facts_of_newest,
    facts=views.service_facts_of_one,
    published=actions.start_serving,
    check_outcome=check_service,
)
RULES: Final = RuleAdministration(
    service="l2o",
    kinds=(
        _classifying(ACCOUNT_GRADE, HitPolicy.FIRST, check_grade),
        _classifying(ACCOUNT_SEGMENT, HitPolicy.FIRST, check_segment),
        _classifying(ACCOUNT_TAGS, HitPolicy.COLLECT, check_tags),
        SERVICE_RULES,
    ),
    store=VERSIONS,
    records=ACCOUNTS,
    labels=TEXTS | RULE_LABELS,
)
ROUTERS = (rule_router(RULES), explanation_router(RULES, "/accounts"), router)
