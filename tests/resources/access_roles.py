"""The roles that a caller can have for a record, and the level of access of each."""

from dataclasses import dataclass
from enum import IntEnum

from chassis.records.access.visibility import Access, ScopedResource

# An import writes in the name of its creator, so nobody else may decide what it writes.
ONLY_FOR_CREATORS = {f"/imports/{{import_id}}/{verb}" for verb in ("file", "mapping", "start")}


@dataclass(frozen=True)
class Guarded:
    """A route whose first path parameter names a record."""

    method: str
    path: str
    scoped: ScopedResource
    access: Access

    @property
    def collection(self) -> str:
        return self.path.split("/{")[0]


class Level(IntEnum):
    """A level of access: none, reading, changing, or also transferring (HEAD)."""

    NONE = 0
    READ = 1
    WRITE = 2
    HEAD = 3


@dataclass(frozen=True)
class Role:
    """A role of a caller for the record, with the level of access that it gives.

    `granted` roles depend on a grant; for a resource without grants they see nothing.
    """

    name: str
    level: Level
    everything: bool = False
    kind: str = "person"
    granted: bool = False


ROLES = {
    "stranger": Role("bei", Level.NONE),
    "owner": Role("li", Level.HEAD),
    "colleague": Role("zhou", Level.NONE),
    "manager": Role("sun", Level.HEAD),
    "old manager": Role("wu", Level.NONE),
    "head of sales": Role("qian", Level.HEAD),
    "director": Role("zhao", Level.HEAD),
    "holder of all": Role("boss", Level.HEAD, everything=True),
    "client": Role("erp", Level.HEAD, kind="client"),
    "substitute": Role("deng", Level.WRITE),
    "substitute of yesterday": Role("gu", Level.NONE),
    "team reader": Role("team reader", Level.READ, granted=True),
    "team writer": Role("team writer", Level.WRITE, granted=True),
    "shared reader": Role("shared reader", Level.READ, granted=True),
    "shared writer": Role("shared writer", Level.WRITE, granted=True),
    "share expired": Role("share expired", Level.NONE),
    "in a department it is shared with": Role("wang", Level.READ, granted=True),
    "in a team it is shared with": Role("tang", Level.WRITE, granted=True),
    "not in the directory": Role("newcomer", Level.NONE),
}
