"""Reads the directory for flows: whom their steps can ask."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.presence import active_people, presence_of
from chassis.records.access.tables import departments, people, posts
from contracts.approvals import ApprovalKind
from desk.flows.domain.approvers import Surroundings
from desk.flows.domain.checks import KnownApprovers
from desk.flows.domain.flow import Approver, ApproverSource, Flow, Step
from desk.roles.store import role_holders, roles

MOST_HOLDERS = 200  # of a role or a post that a step asks
MOST_LEVELS = 100

# While events of a move are on the way, the copy of the tree may have a cycle: the depth ends it.
_HEADS = text("""
WITH RECURSIVE own(department_id) AS (
    SELECT o.department_id FROM directory_posts o
    JOIN directory_people p ON p.id = o.person_id AND NOT p.deleted
    WHERE p.subject = :person ORDER BY o.is_primary DESC, o.department_id LIMIT 1),
line(id, parent_id, manager_id, depth) AS (
    SELECT d.id, d.parent_id, d.manager_id, 0 FROM directory_departments d
    WHERE d.id IN (SELECT department_id FROM own) AND NOT d.deleted
    UNION ALL
    SELECT d.id, d.parent_id, d.manager_id, l.depth + 1
    FROM line l JOIN directory_departments d ON d.id = l.parent_id
    WHERE NOT d.deleted AND l.depth < :most)
SELECT p.subject FROM line
LEFT JOIN directory_people p ON p.id = line.manager_id AND NOT p.deleted ORDER BY line.depth
""")


@dataclass(frozen=True, kw_only=True)
class Question:
    """Whom the steps of a request may ask: by whom it was made, and who belongs to its record.

    `gone` are people who count as inactive, though the copy of the directory may not know it yet.
    """

    asker: str
    day: date
    record_people: Mapping[str, str] = field(default_factory=dict)
    gone: frozenset[str] = frozenset()


async def surroundings_of(
    tx: AsyncConnection, question: Question, steps: Sequence[Step], fallback: Approver | None
) -> Surroundings:
    """Return what the directory says about those whom these steps may ask."""
    approvers = [one for step in steps for one in _all_of(step)]
    if fallback is not None:
        approvers.append(fallback)
    heads = await heads_above(tx, question.asker)
    holders = await _holders(tx, _names(approvers, ApproverSource.ROLE))
    titles = await _in_posts(tx, _names(approvers, ApproverSource.POST))
    found = {
        *_names(approvers, ApproverSource.PERSON),
        *(head for head in heads if head is not None),
        *(one for each in (*holders.values(), *titles.values()) for one in each),
        *question.record_people.values(),
    }
    present = await presence_of(tx, found, question.day)
    substitutes = {
        subject: one.substitute for subject, one in present.items() if one.substitute is not None
    }
    active = await active_people(tx, {*found, *substitutes.values()})
    return Surroundings(
        active=active - question.gone,
        heads=heads,
        holders=holders,
        posts=titles,
        substitutes=substitutes,
        record_people=question.record_people,
    )


def _all_of(step: Step) -> Iterable[Approver]:
    yield from step.approvers
    if step.fallback is not None:
        yield step.fallback
    if step.limit is not None and step.limit.escalate_to is not None:
        yield step.limit.escalate_to


def _names(approvers: Iterable[Approver], source: ApproverSource) -> list[str]:
    return sorted({one.name for one in approvers if one.source is source})


async def heads_above(tx: AsyncConnection, person: str) -> tuple[str | None, ...]:
    """Return the heads of a person's department and of those above it, the nearest first."""
    rows = await tx.scalars(_HEADS, {"person": person, "most": MOST_LEVELS})
    return tuple(rows)


async def _holders(tx: AsyncConnection, codes: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the active holders of roles, by the codes of the roles."""
    if not codes:
        return {}
    query = (
        select(roles.c.code, people.c.subject)
        .join(role_holders, role_holders.c.role_id == roles.c.id)
        .join(people, people.c.id == role_holders.c.person_id)
        .where(roles.c.code.in_(codes), ~roles.c.deleted, people.c.active, ~people.c.deleted)
        .order_by(roles.c.code, people.c.id)
        .limit(MOST_HOLDERS * len(codes))
    )
    return _by_name(await tx.execute(query))


async def _in_posts(tx: AsyncConnection, titles: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the active people in posts, by the titles of the posts."""
    if not titles:
        return {}
    query = (
        select(posts.c.title, people.c.subject)
        .join(people, people.c.id == posts.c.person_id)
        .join(departments, departments.c.id == posts.c.department_id)
        .where(posts.c.title.in_(titles), people.c.active, ~people.c.deleted)
        .where(~departments.c.deleted)
        .order_by(posts.c.title, people.c.id)
        .limit(MOST_HOLDERS * len(titles))
    )
    return _by_name(await tx.execute(query))


def _by_name(rows: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for name, subject in rows:
        found.setdefault(name, {})[subject] = None
    return {name: tuple(subjects)[:MOST_HOLDERS] for name, subjects in found.items()}


async def known_approvers(tx: AsyncConnection, kind: ApprovalKind, flow: Flow) -> KnownApprovers:
    """Return which of the people, roles and posts that a flow names can be found now."""
    steps = [step for branch in flow.branches.values() for step in branch.steps]
    approvers = [one for step in steps for one in _all_of(step)]
    if flow.fallback is not None:
        approvers.append(flow.fallback)
    return KnownApprovers(
        people=await active_people(tx, _names(approvers, ApproverSource.PERSON)),
        roles=(await _holders(tx, _names(approvers, ApproverSource.ROLE))).keys(),
        posts=(await _in_posts(tx, _names(approvers, ApproverSource.POST))).keys(),
        record_people=kind.record_people.keys(),
    )
