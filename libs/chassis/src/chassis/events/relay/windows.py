"""Snapshot windows: which transactions ended between two looks at the database.

A sequence number cannot tell: it is drawn before the commit, so a late commit has an early number.
Two snapshots can, exactly. PostgreSQL writes one as `xmin:xmax:xip`: transactions below `xmin` have
ended, those from `xmax` on have not, and of those between, the listed ones are still running.
"""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Snapshot:
    """The transactions that had ended at one moment."""

    xmin: int
    xmax: int
    running: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, text: str) -> "Snapshot":
        """Read PostgreSQL's text form, `10:20:10,14`. Raises ValueError for anything else."""
        xmin, xmax, xip = text.split(":")
        return cls(int(xmin), int(xmax), frozenset(int(xid) for xid in xip.split(",") if xid))

    def __str__(self) -> str:
        return f"{self.xmin}:{self.xmax}:{','.join(map(str, sorted(self.running)))}"

    def sees(self, xid: int) -> bool:
        """Return whether the transaction had ended, as `pg_visible_in_snapshot` does."""
        return xid < self.xmax and xid not in self.running

    def includes(self, earlier: "Snapshot") -> bool:
        """Return whether this snapshot sees every transaction that the earlier one sees.

        It does for any two snapshots of one database, unless the database was restored between.
        """
        return earlier.xmax <= self.xmax and not any(map(earlier.sees, self.running))


BEGINNING = Snapshot(1, 1)  # sees nothing: a new database is read from its first row


@dataclass(frozen=True)
class Window:
    """The transactions that `hi` sees and `lo` does not.

    They are those that began after `lo` and ended by `hi` (`since <= xid < until`, not running in
    `hi`), and those running in `lo` that ended by `hi`. Both sets are ranges of an index, however
    long some transaction stays open.
    """

    lo: Snapshot
    hi: Snapshot

    @property
    def since(self) -> int:
        """The first transaction id that `lo` could not see."""
        return self.lo.xmax

    @property
    def until(self) -> int:
        """The first transaction id that `hi` cannot see."""
        return self.hi.xmax

    @cached_property
    def finished(self) -> tuple[int, ...]:
        """The transactions that were running in `lo` and had ended by `hi`."""
        return tuple(sorted(xid for xid in self.lo.running if self.hi.sees(xid)))

    @property
    def is_empty(self) -> bool:
        """Whether certainly no transaction ended in between."""
        return self.since >= self.until and not self.finished
