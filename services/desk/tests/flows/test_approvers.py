"""Who a step asks, worked out by hand."""

from desk.flows.domain.approvers import (
    Asked,
    Exclusion,
    Origin,
    Passed,
    Surroundings,
    resolve,
)
from desk.flows.domain.flow import Approver, ApproverSource, Step

HEAD = Approver(source=ApproverSource.DEPARTMENT_HEAD)
DIRECTOR = Approver(source=ApproverSource.ROLE, name="DIRECTOR")
EVERYBODY = frozenset({"seller", "manager", "director", "boss", "legal", "deputy"})
AROUND = Surroundings(
    active=EVERYBODY,
    heads=("manager", "director", "boss"),
    holders={"DIRECTOR": ("director",), "LEGAL": ("legal", "deputy")},
    posts={"法务": ("legal",)},
    record_people={"owner": "seller", "key_team_owner": "deputy"},
)


def step(*approvers: Approver, fallback: Approver | None = None) -> Step:
    return Step(key="s", name="s", approvers=approvers, fallback=fallback)


def asked(*approvers: Approver, asker: str = "seller", around: Surroundings = AROUND) -> list[str]:
    return [one.person for one in resolve(step(*approvers), asker=asker, around=around).asked]


def superior(levels: int) -> Approver:
    return Approver(source=ApproverSource.SUPERIOR, levels=levels)


def test_each_source_finds_its_people() -> None:
    assert asked(HEAD) == ["manager"]
    assert asked(superior(1)) == ["director"]
    assert asked(superior(2)) == ["boss"]
    assert asked(DIRECTOR) == ["director"]
    assert asked(Approver(source=ApproverSource.POST, name="法务")) == ["legal"]
    assert asked(Approver(source=ApproverSource.PERSON, name="deputy")) == ["deputy"]
    assert asked(Approver(source=ApproverSource.RECORD_PERSON, name="key_team_owner")) == ["deputy"]


def test_whoever_asks_is_never_asked() -> None:
    """A head who asks is represented by the next head, a director by their superior."""
    assert asked(HEAD, asker="manager") == ["director"]
    found = resolve(
        step(DIRECTOR),
        asker="director",
        around=Surroundings(
            active=EVERYBODY, heads=("director", "boss"), holders={"DIRECTOR": ("director",)}
        ),
    )
    assert found.asked == (Asked(person="boss", origin=Origin.SUPERIOR_OF_ASKER),)
    assert found.passed == (Passed(person="director", why=Exclusion.IS_ASKER),)
    legal = Approver(source=ApproverSource.ROLE, name="LEGAL")
    assert asked(legal, asker="legal") == ["deputy"]  # another holder of the role is enough


def test_duplicates_are_asked_once() -> None:
    person = Approver(source=ApproverSource.PERSON, name="director")
    assert asked(DIRECTOR, person, superior(1)) == ["director"]


def test_a_department_without_a_head_is_represented_by_the_next() -> None:
    around = Surroundings(active=EVERYBODY, heads=(None, "director", "boss"))
    assert asked(HEAD, around=around) == ["director"]
    inactive = Surroundings(active=EVERYBODY - {"manager"}, heads=("manager", "director"))
    assert asked(HEAD, around=inactive) == ["director"]


def test_who_is_on_leave_is_represented() -> None:
    away = Surroundings(active=EVERYBODY, heads=("manager",), substitutes={"manager": "deputy"})
    found = resolve(step(HEAD), asker="seller", around=away)
    expected = Asked(person="deputy", origin=Origin.SUBSTITUTE, instead_of="manager")
    assert found.asked == (expected,)
    assert found.passed == (Passed(person="manager", why=Exclusion.ON_LEAVE),)
    # A substitute who asks, or has left, cannot stand in.
    assert asked(HEAD, asker="deputy", around=away) == ["manager"]


def test_a_step_that_finds_nobody_falls_to_the_fallback() -> None:
    legal = Approver(source=ApproverSource.PERSON, name="legal")
    nobody = Surroundings(active=EVERYBODY)
    found = resolve(step(HEAD), asker="seller", around=nobody, fallback=legal)
    assert found.asked == (Asked(person="legal", origin=Origin.FALLBACK),)
    own = Approver(source=ApproverSource.PERSON, name="boss")
    found = resolve(step(HEAD, fallback=own), asker="seller", around=nobody, fallback=legal)
    assert [one.person for one in found.asked] == ["boss"]  # that of the step comes first
    assert resolve(step(HEAD), asker="seller", around=nobody).asked == ()
