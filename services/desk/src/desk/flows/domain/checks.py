"""What is wrong with a flow that is to be saved, beside its decision table."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Final

from desk.flows.domain.flow import Approver, ApproverSource, Branch, Flow, Step, StepMode
from kernel.errors import Violation

# Found anew for each request: who is asked depends on the asker or on the record.
_CHANGING: Final = frozenset(
    {ApproverSource.DEPARTMENT_HEAD, ApproverSource.SUPERIOR, ApproverSource.RECORD_PERSON}
)
_MISSING_CODES: Final = {
    ApproverSource.PERSON: "FLOW_PERSON_INACTIVE",
    ApproverSource.ROLE: "FLOW_ROLE_EMPTY",
    ApproverSource.POST: "FLOW_POST_EMPTY",
    ApproverSource.RECORD_PERSON: "FLOW_RECORD_PERSON_UNKNOWN",
}


@dataclass(frozen=True, kw_only=True)
class KnownApprovers:
    """Who can be found: active people, roles and posts that somebody active has."""

    people: Set[str]
    roles: Set[str]
    posts: Set[str]
    record_people: Set[str]

    def finds(self, approver: Approver) -> bool:
        """Return whether somebody can be found in this way."""
        known: Mapping[ApproverSource, Set[str]] = {
            ApproverSource.PERSON: self.people,
            ApproverSource.ROLE: self.roles,
            ApproverSource.POST: self.posts,
            ApproverSource.RECORD_PERSON: self.record_people,
        }
        return approver.source not in known or approver.name in known[approver.source]


def flow_violations(
    flow: Flow, *, started: Collection[str], known: KnownApprovers
) -> list[Violation]:
    """Return everything that keeps a flow from being saved.

    `started` are the branches that the decision table leads to. Found are branches that nothing
    leads to, those that lead back to themselves, keys that occur twice on a way, and steps that
    may find nobody without a fallback.
    """
    return [
        *_unknown_branches(flow, started),
        *_cycles(flow),
        *_unreachable(flow, started),
        *(each for branch in flow.branches.values() for each in _in_branch(flow, branch, known)),
        *_wrong_fallback(flow.fallback, "/fallback", known),
        *_repeated_keys(flow),
    ]


def _unknown_branches(flow: Flow, started: Collection[str]) -> Iterator[Violation]:
    for key in sorted(set(started) - flow.branches.keys()):
        yield Violation("/rules", "FLOW_BRANCH_UNKNOWN", {"branch": key})
    for branch in flow.branches.values():
        if branch.then is not None and branch.then not in flow.branches:
            at = f"/branches/{branch.key}/then"
            yield Violation(at, "FLOW_BRANCH_UNKNOWN", {"branch": branch.then})


def _way(flow: Flow, start: str) -> tuple[list[str], bool]:
    """Return the branches from one on, and whether the way leads back to one of them."""
    way: list[str] = []
    following: str | None = start
    while following is not None and following in flow.branches:
        if following in way:
            return [*way[way.index(following) :], following], True
        way.append(following)
        following = flow.branches[following].then
    return way, False


def _cycles(flow: Flow) -> Iterator[Violation]:
    seen: set[frozenset[str]] = set()
    for key in flow.branches:
        way, is_cycle = _way(flow, key)
        if is_cycle and frozenset(way) not in seen:
            seen.add(frozenset(way))
            yield Violation(f"/branches/{way[0]}/then", "FLOW_CYCLE", {"path": " → ".join(way)})


def _unreachable(flow: Flow, started: Collection[str]) -> Iterator[Violation]:
    reached = {key for start in started for key in _way(flow, start)[0]}
    for key in flow.branches:
        if key not in reached:
            yield Violation(f"/branches/{key}", "FLOW_BRANCH_UNREACHABLE", {"branch": key})


def _repeated_keys(flow: Flow) -> Iterator[Violation]:
    keys: set[str] = set()
    for branch in flow.branches.values():
        for number, step in enumerate(branch.steps):
            if step.key in keys:
                at = f"/branches/{branch.key}/steps/{number}/key"
                yield Violation(at, "FLOW_STEP_TWICE", {"step": step.key})
            keys.add(step.key)


def _in_branch(flow: Flow, branch: Branch, known: KnownApprovers) -> Iterator[Violation]:
    for number, step in enumerate(branch.steps):
        at = f"/branches/{branch.key}/steps/{number}"
        yield from _in_step(step, at, known, has_fallback=flow.fallback is not None)


def _in_step(step: Step, at: str, known: KnownApprovers, *, has_fallback: bool) -> list[Violation]:
    found = list(_unknown(step.approvers, f"{at}/approvers", known))
    if step.fallback is not None:
        found += _wrong_fallback(step.fallback, f"{at}/fallback", known)
    elif not has_fallback:  # everybody can leave, or be the one who asks
        found.append(Violation(f"{at}/approvers", "FLOW_STEP_MAY_BE_EMPTY"))
    return [*found, *_wrong_count(step, at), *_wrong_limit(step, at, known)]


def _unknown(approvers: Iterable[Approver], at: str, known: KnownApprovers) -> Iterator[Violation]:
    for number, one in enumerate(approvers):
        if not known.finds(one):
            yield Violation(f"{at}/{number}", _MISSING_CODES[one.source], {"name": one.name})


def _wrong_fallback(
    fallback: Approver | None, at: str, known: KnownApprovers
) -> Iterator[Violation]:
    """A fallback must always be found, so it cannot depend on who asks."""
    if fallback is None:
        return
    if fallback.source in _CHANGING:
        yield Violation(f"{at}/source", "FLOW_FALLBACK_UNSURE")
    else:
        yield from (
            Violation(at, each.code, each.params) for each in _unknown([fallback], at, known)
        )


def _wrong_count(step: Step, at: str) -> Iterator[Violation]:
    if (step.mode is StepMode.N_OF) != (step.needed is not None):
        yield Violation(f"{at}/needed", "FLOW_NEEDED_ONLY_FOR_N_OF")


def _wrong_limit(step: Step, at: str, known: KnownApprovers) -> Iterator[Violation]:
    limit = step.limit
    if limit is None:
        return
    if limit.remind_minutes is not None and limit.remind_minutes >= limit.minutes:
        yield Violation(f"{at}/limit/remind_minutes", "FLOW_REMINDER_TOO_LATE")
    if limit.escalate_to is not None:
        yield from _wrong_fallback(limit.escalate_to, f"{at}/limit/escalate_to", known)
