"""If-Match: nobody changes what has changed since they looked (RFC 9110, 13.1.1)."""

import re
from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Header

from chassis.foundation.refusals import Malformed, PreconditionFailed, PreconditionRequired

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"[ \t]*(?:{_TAG})?(?:[ \t]*,[ \t]*(?:{_TAG})?)*[ \t]*")
_OURS = re.compile(r'"([1-9][0-9]{0,17})"')


class Versioned(Protocol):
    """What has a version that grows with every save."""

    @property
    def version(self) -> int: ...


@dataclass(frozen=True)
class Precondition:
    """The versions that the caller's copy may have; None where any will do.

    `missing` says that the caller had to name them and did not.
    """

    versions: frozenset[int] | None = None
    missing: bool = False

    def check(self, current: Versioned) -> None:
        """Call it after "this move is already made" and before anything is written.

        Raises PreconditionRequired (PRECONDITION_REQUIRED), PreconditionFailed (STALE_COPY).
        """
        if self.missing:
            raise PreconditionRequired("PRECONDITION_REQUIRED")
        if self.versions is not None and current.version not in self.versions:
            raise PreconditionFailed("STALE_COPY", version=current.version)


# For handlers, timers and imports: they saw no copy that could be stale.
UNCONDITIONAL = Precondition()


def entity_tag(version: int) -> str:
    """The strong ETag of a resource's version."""
    return f'"{version}"'


async def _if_match(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            description="The `ETag` of the copy the caller saw, or `*` for whichever there is",
            examples=['"3"'],
        ),
    ] = None,
) -> Precondition:
    """Tags are compared strongly: a weak one matches nothing, nor does one that is not ours."""
    if if_match is None:
        return Precondition(missing=True)
    if if_match.strip() == "*":
        return UNCONDITIONAL
    if _TAGS.fullmatch(if_match) is None or '"' not in if_match:
        raise Malformed("IF_MATCH_INVALID")
    strong = (tag for tag in re.findall(_TAG, if_match) if not tag.startswith("W/"))
    ours = (_OURS.fullmatch(tag) for tag in strong)
    return Precondition(frozenset(int(tag[1]) for tag in ours if tag is not None))


IfMatch = Annotated[Precondition, Depends(_if_match)]
