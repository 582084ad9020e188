"""Optimistic concurrency: If-Match refuses changes that rest on a stale copy (RFC 9110, 13.1.1).

If-None-Match refuses to replace a record that its sender means to create (13.1.2).
"""

import re
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Header

from chassis.foundation.refusals import Malformed, PreconditionFailed, PreconditionRequired

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"[ \t]*(?:{_TAG})?(?:[ \t]*,[ \t]*(?:{_TAG})?)*[ \t]*")
_VERSION_TAG = re.compile(r'"(0|[1-9][0-9]{0,17})"')


class Versioned(Protocol):
    """A record with a version that grows with every save."""

    @property
    def version(self) -> int: ...


@dataclass(frozen=True)
class Precondition:
    """The versions that a record may have to be changed; None means any version.

    `missing` means that the header If-Match is required and was not sent. `exists` says whether
    the record has to exist: True after any If-Match, False after `If-None-Match: *`; None where
    either will do.
    """

    versions: frozenset[int] | None = None
    missing: bool = False
    exists: bool | None = None

    def check(self, current: Versioned) -> None:
        """Check the record's current version.

        Call it before anything is written, but after a repeated command has been recognized: that
        one answers its result whatever the version. Raises PreconditionRequired
        (PRECONDITION_REQUIRED) or PreconditionFailed (STALE_COPY).
        """
        if self.missing:
            raise PreconditionRequired("PRECONDITION_REQUIRED")
        if self.versions is not None and current.version not in self.versions:
            raise PreconditionFailed("STALE_COPY", version=current.version)

    def check_absent(self) -> None:
        """Check that a record may be created. Raises PreconditionFailed (RECORD_ABSENT)."""
        if self.exists is True:
            raise PreconditionFailed("RECORD_ABSENT")

    @property
    def if_given(self) -> "Precondition":
        """The same precondition for a request that need not send one."""
        return UNCONDITIONAL if self.missing else self


# For event handlers, timers and imports, which hold no copy that could be stale.
UNCONDITIONAL = Precondition()


def entity_tag(version: int) -> str:
    """Return the strong ETag of a record's version."""
    return f'"{version}"'


async def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The `ETag` of the record as the caller read it, or `*` for any version",
            examples=['"3"'],
        ),
    ] = None,
) -> Precondition:
    """Read If-Match with strong comparison: weak and foreign tags match no version."""
    if if_match is None:
        return Precondition(missing=True)
    if if_match.strip() == "*":
        return Precondition(exists=True)
    if _TAGS.fullmatch(if_match) is None or '"' not in if_match:
        raise Malformed("IF_MATCH_INVALID")
    strong = (tag for tag in re.findall(_TAG, if_match) if not tag.startswith("W/"))
    matches = (_VERSION_TAG.fullmatch(tag) for tag in strong)
    versions = frozenset(int(match[1]) for match in matches if match is not None)
    return Precondition(versions, exists=True)


IfMatch = Annotated[Precondition, Depends(_if_match)]


async def _if_matches(
    if_match: IfMatch,
    if_none_match: Annotated[
        str | None,
        Header(alias="If-None-Match", description="`*` to create a record, never to replace one"),
    ] = None,
) -> Precondition:
    """Read both headers of a request that creates or replaces a record, and may send one."""
    if if_none_match is None:
        return if_match.if_given
    if if_none_match.strip() != "*" or not if_match.missing:
        raise Malformed("IF_NONE_MATCH_INVALID")
    return Precondition(exists=False)


# The precondition of a request that may send If-Match, or If-None-Match, or neither.
OptionalMatch = Annotated[Precondition, Depends(_if_matches)]
