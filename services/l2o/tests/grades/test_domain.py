"""What rules say of an account, by hand; pins; who may own an account."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from kernel.errors import RuleBroken
from kernel.ids import new_id
from kernel.money import Money
from l2o.grades.domain import ACCOUNT_FACTS, ClassRules, Figures, GradeRecord, Verdict, facts_of
from l2o.service_policies.domain import AccountGrade, ServicePolicy, Standing
from rules.evaluation import Evaluator
from rules.rule_set_json import parse_rule_set
from services.l2o.tests.factories import NOON, make_account
from services.l2o.tests.grades.grading import KEY, LARGE, REST, compared, row

TEAM = UUID(int=7)


def rules(*rows: object, policy: str = "FIRST") -> Evaluator:
    return Evaluator(parse_rule_set(ACCOUNT_FACTS, {"hit_policy": policy, "rows": list(rows)}))


def test_the_first_row_that_matches_grades() -> None:
    found = ClassRules(grade=rules(KEY, LARGE, REST), version=3)
    for employees, grade, name in ((1000, "A", "key"), (999, "B", "large"), (None, "D", "rest")):
        facts = facts_of(replace(make_account(), employees=employees), Figures(), NOON)
        assert found.judge(facts) == Verdict(grade=AccountGrade(grade), row_name=name)


def test_every_row_that_matches_gives_tags_each_once() -> None:
    tags = rules(
        row("often", compared("frequency", "GTE", 4), tags=["常客", "VIP"]),
        row("dear", compared("monetary", "GTE", 4), tags=["vip", "大客户"]),
        policy="COLLECT",
    )
    segment = rules(row("best", compared("recency", "GTE", 4), segment="重要价值"))
    facts = facts_of(make_account(), Figures(recency=5, frequency=4, monetary=4), NOON)
    verdict = ClassRules(segment=segment, tags=tags).judge(facts)
    assert (verdict.segment, verdict.tags) == ("重要价值", ("常客", "VIP", "大客户"))
    assert ClassRules(segment=segment, tags=tags).judge({}) == Verdict()


def test_rules_read_the_fields_and_the_figures_of_an_account() -> None:
    account = replace(
        make_account(),
        annual_revenue=Money.of("5000000", "CNY"),
        last_activity_at=NOON - timedelta(days=8, hours=1),
        region_code="310104",
    )
    facts = facts_of(account, Figures(open_amount=Decimal("12.50"), contacts=3), NOON)
    assert facts.keys() == ACCOUNT_FACTS.fields.keys()
    assert (facts["annual_revenue"], facts["annual_revenue_currency"]) == (Decimal(5000000), "CNY")
    assert (facts["days_since_activity"], facts["contacts"]) == (8, 3)
    assert (facts["region_code"], facts["open_amount"]) == ("310104", Decimal("12.50"))
    assert facts_of(make_account(), Figures(), NOON)["days_since_activity"] is None


def test_a_pinned_grade_counts_until_it_is_taken_back() -> None:
    record = GradeRecord(account_id=new_id(), computed=AccountGrade.C)
    pinned = record.pin(AccountGrade.A, reason="战略", by="boss", at=NOON)
    assert (record.grade, pinned.grade) == (AccountGrade.C, AccountGrade.A)
    assert replace(pinned, computed=AccountGrade.D).grade is AccountGrade.A
    assert pinned.unpin() == record
    with pytest.raises(RuleBroken, match="GRADE_NOT_PINNED"):
        record.unpin()


@pytest.mark.parametrize(
    ("titles", "teams", "allowed"),
    [
        ({"高级客户经理"}, set(), True),
        ({"KEY ACCOUNT manager"}, set(), True),
        ({"客户经理"}, {TEAM}, True),
        ({"客户经理"}, set(), False),
        (set(), set(), False),
    ],
)
def test_a_policy_allows_people_of_its_titles_or_teams(
    titles: set[str], teams: set[UUID], allowed: bool
) -> None:
    policy = ServicePolicy(
        owner_titles=("高级客户经理", "Key Account Manager"), owner_team_ids=(TEAM,)
    )
    standing = Standing(titles=frozenset(titles), team_ids=frozenset(teams))
    assert policy.allows(standing) is allowed
    assert ServicePolicy().allows(standing)
