"""Versions of rules: drafts, publishing, rolling back, and what differs between two versions.

The content of a version is JSON, such as that of `rule_set_json`. Versions are numbered from 1
without holes, and are never changed: rolling back publishes an old content as a new version.
Time and author come in as arguments, storage is the service's.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chassis.foundation.canonical_json import digest_of
from kernel.errors import Conflict

Content = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A content that is not published yet.

    `based_on` is the number of the version it was made from, 0 if there was none.
    """

    content: Content
    based_on: int


@dataclass(frozen=True, kw_only=True)
class RuleVersion:
    """A published content. `digest` is the SHA-256 of its canonical JSON, in hex.

    `published_by` is the subject of a person or client; `restores` is the number of the version
    whose content was published again.
    """

    number: int
    content: Content
    published_by: str
    published_at: datetime
    note: str = ""
    digest: str
    restores: int | None = None


def draft_of(latest: RuleVersion | None) -> Draft:
    """Return a draft of the content of the latest version; an empty one if there is none."""
    if latest is None:
        return Draft(content={}, based_on=0)
    return Draft(content=latest.content, based_on=latest.number)


def publish(
    latest: RuleVersion | None, draft: Draft, *, by: str, at: datetime, note: str = ""
) -> RuleVersion:
    """Return the next version, with the content of a draft that has been checked.

    Where the latest version already has this content, that one is the answer. Raises Conflict
    (RULE_VERSION_STALE) if another version was published since the draft was made.
    """
    return _next(latest, draft, by=by, at=at, note=note, restores=None)


def roll_back(
    latest: RuleVersion,
    to: RuleVersion,
    *,
    expected: int,
    by: str,
    at: datetime,
    note: str = "",
) -> RuleVersion:
    """Return the next version, with the content of an earlier one.

    Where the latest version already has this content, that one is the answer. Raises Conflict
    (RULE_VERSION_STALE) if `expected` is not the number of the latest version.
    """
    draft = Draft(content=to.content, based_on=expected)
    return _next(latest, draft, by=by, at=at, note=note, restores=to.number)


def _next(
    latest: RuleVersion | None,
    draft: Draft,
    *,
    by: str,
    at: datetime,
    note: str,
    restores: int | None,
) -> RuleVersion:
    digest = digest_of(draft.content)
    if latest is not None and latest.digest == digest:
        return latest
    number = 0 if latest is None else latest.number
    if draft.based_on != number:
        raise Conflict("RULE_VERSION_STALE", version=number)
    return RuleVersion(
        number=number + 1,
        content=draft.content,
        published_by=by,
        published_at=at,
        note=note,
        digest=digest,
        restores=restores,
    )


@dataclass(frozen=True)
class ChangedRow:
    """A row that both contents have; `members` names what differs in it."""

    row_id: str
    before: Content
    after: Content
    members: tuple[str, ...]


@dataclass(frozen=True)
class RuleDiff:
    """What differs between two contents of rows.

    `moved` are ids of rows whose order among the rows of both contents has changed: as few as
    possible. `settings` are the other members that differ, with both values.
    """

    added: tuple[Content, ...] = ()
    removed: tuple[Content, ...] = ()
    changed: tuple[ChangedRow, ...] = ()
    moved: tuple[str, ...] = ()
    settings: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)


def diff(before: Content, after: Content) -> RuleDiff:
    """Compare two contents with `rows`, row by row by their ids."""
    old = {row["id"]: row for row in before.get("rows", ())}
    new = {row["id"]: row for row in after.get("rows", ())}
    pairs = ((row_id, old[row_id], row) for row_id, row in new.items() if row_id in old)
    return RuleDiff(
        tuple(row for row_id, row in new.items() if row_id not in old),
        tuple(row for row_id, row in old.items() if row_id not in new),
        tuple(
            ChangedRow(row_id, was, becomes, tuple(sorted(_differing(was, becomes))))
            for row_id, was, becomes in pairs
            if was != becomes
        ),
        _moved([each for each in old if each in new], [each for each in new if each in old]),
        {
            name: (before.get(name), after.get(name))
            for name in sorted(_differing(before, after) - {"rows"})
        },
    )


def _differing(before: Content, after: Content) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def _moved(before: list[str], after: list[str]) -> tuple[str, ...]:
    """Return the ids outside a longest common subsequence of both orders."""
    place = {row_id: position for position, row_id in enumerate(before)}
    places = [place[row_id] for row_id in after]
    chains: list[list[int]] = []  # for each row the longest rising chain that ends with it
    for own in places:
        before_own = [chain for chain in chains if chain[-1] < own]
        longest = max(before_own, key=len) if before_own else []
        chains.append([*longest, own])
    longest = max(chains, key=len) if chains else []
    kept = set(longest)
    return tuple(row_id for row_id, own in zip(after, places, strict=True) if own not in kept)
