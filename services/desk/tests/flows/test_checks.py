"""What keeps a flow from being saved."""

from dataclasses import replace

from desk.flows.domain.checks import KnownApprovers, flow_violations
from desk.flows.domain.flow import (
    Approver,
    ApproverSource,
    Branch,
    Flow,
    Step,
    StepMode,
    TimeLimit,
    TimeoutAction,
)

ADMIN = Approver(source=ApproverSource.ROLE, name="ADMIN")
HEAD = Approver(source=ApproverSource.DEPARTMENT_HEAD)
KNOWN = KnownApprovers(people={"legal"}, roles={"ADMIN"}, posts={"法务"}, record_people={"owner"})


def step(key: str, *approvers: Approver) -> Step:
    return Step(key=key, name=key, approvers=approvers or (HEAD,))


def flow(*branches: Branch, fallback: Approver | None = ADMIN) -> Flow:
    return Flow(branches={one.key: one for one in branches}, fallback=fallback)


def found(checked: Flow, *started: str) -> list[tuple[str, str]]:
    violations = flow_violations(checked, started=started, known=KNOWN)
    return [(each.pointer, each.code) for each in violations]


def test_a_sound_flow_has_no_violations() -> None:
    small, large = (
        Branch(key="small", steps=(step("head"),)),
        Branch(
            key="large",
            steps=(step("legal", Approver(source=ApproverSource.POST, name="法务")),),
            then="small",
        ),
    )
    checked = flow(small, large)
    assert found(checked, "small", "large") == []
    assert [one.key for one in checked.plan("large").steps] == ["legal", "head"]


def test_branches_that_nothing_leads_to_are_refused() -> None:
    checked = flow(Branch(key="a", steps=(step("x"),)), Branch(key="b", steps=(step("y"),)))
    assert found(checked, "a") == [("/branches/b", "FLOW_BRANCH_UNREACHABLE")]
    assert ("/rules", "FLOW_BRANCH_UNKNOWN") in found(checked, "a", "b", "c")


def test_a_way_back_to_itself_is_refused_with_its_path() -> None:
    checked = flow(
        Branch(key="a", steps=(step("x"),), then="b"),
        Branch(key="b", steps=(step("y"),), then="c"),
        Branch(key="c", steps=(step("z"),), then="a"),
    )
    [violation] = flow_violations(checked, started=("a",), known=KNOWN)
    assert (violation.code, violation.params) == ("FLOW_CYCLE", {"path": "a → b → c → a"})


def test_whoever_cannot_be_found_is_refused() -> None:
    gone = Approver(source=ApproverSource.PERSON, name="gone")
    empty = Approver(source=ApproverSource.ROLE, name="NOBODY")
    post = Approver(source=ApproverSource.POST, name="出纳")
    other = Approver(source=ApproverSource.RECORD_PERSON, name="friend")
    checked = flow(Branch(key="a", steps=(step("x", gone, empty, post, other),)))
    at = "/branches/a/steps/0/approvers"
    assert found(checked, "a") == [
        (f"{at}/0", "FLOW_PERSON_INACTIVE"),
        (f"{at}/1", "FLOW_ROLE_EMPTY"),
        (f"{at}/2", "FLOW_POST_EMPTY"),
        (f"{at}/3", "FLOW_RECORD_PERSON_UNKNOWN"),
    ]


def test_a_step_that_may_find_nobody_needs_a_fallback_that_is_always_found() -> None:
    branch = Branch(key="a", steps=(step("x"),))
    expected = [("/branches/a/steps/0/approvers", "FLOW_STEP_MAY_BE_EMPTY")]
    assert found(flow(branch, fallback=None), "a") == expected
    own = Branch(key="a", steps=(replace(step("x"), fallback=ADMIN),))
    assert found(flow(own, fallback=None), "a") == []
    assert found(flow(branch, fallback=HEAD), "a") == [("/fallback/source", "FLOW_FALLBACK_UNSURE")]


def test_numbers_of_a_step_must_fit() -> None:
    late = TimeLimit(minutes=60, remind_minutes=60, action=TimeoutAction.REMIND)
    wrong = replace(step("x"), mode=StepMode.N_OF, limit=late)
    assert found(flow(Branch(key="a", steps=(wrong, step("x")))), "a") == [
        ("/branches/a/steps/0/needed", "FLOW_NEEDED_ONLY_FOR_N_OF"),
        ("/branches/a/steps/0/limit/remind_minutes", "FLOW_REMINDER_TOO_LATE"),
        ("/branches/a/steps/1/key", "FLOW_STEP_TWICE"),
    ]
