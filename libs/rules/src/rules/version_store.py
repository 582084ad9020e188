"""The table of published versions of rules, which a service adds to its own tables."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    CompoundSelect,
    DateTime,
    Enum,
    Integer,
    MetaData,
    Select,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.database.rows import from_columns
from kernel.errors import Conflict, NotFound
from kernel.ids import new_id
from rules.versions import RuleVersion

NAME: Final = "rule_versions"
MAX_NUMBER: Final = 2**31 - 1  # what the column of numbers can hold


def rule_versions_table(metadata: MetaData, rule_sets: Sequence[str]) -> Table:
    """Return the table `rule_versions` of a service, for these sets; its rows are never changed."""
    return Table(
        NAME,
        metadata,
        tenant_column(),
        Column("id", Uuid, primary_key=True),
        Column("rule_set", Enum(*rule_sets, native_enum=False, length=40), nullable=False),
        Column("number", Integer, nullable=False),
        Column("content", JSONB, nullable=False),
        Column("digest", Text, nullable=False),
        Column("note", Text, nullable=False),
        Column("published_by", Text, nullable=False),
        Column("published_at", DateTime(timezone=True), nullable=False),
        Column("restores", Integer),
        UniqueConstraint("tenant_id", "rule_set", "number"),
    )


@dataclass(frozen=True)
class VersionStore:
    """Reads and adds the versions of the rule sets of one service."""

    table: Table

    def query(self, rule_set: str) -> Select[Any]:
        """Return the query of all versions of a rule set, unordered; the caller pages it."""
        return select(self.table).where(self.table.c.rule_set == rule_set)

    def newest(self, rule_set: str) -> Select[Any]:
        """Return the query of the version in force of a rule set."""
        return self.query(rule_set).order_by(self.table.c.number.desc()).limit(1)

    async def latest(self, tx: AsyncConnection, rule_set: str) -> RuleVersion | None:
        """Return the version in force; None before the first one."""
        row = (await tx.execute(self.newest(rule_set))).mappings().one_or_none()
        return None if row is None else from_columns(RuleVersion, row)

    async def latest_of(
        self, tx: AsyncConnection, rule_sets: Sequence[str]
    ) -> dict[str, RuleVersion]:
        """Return the versions in force of several rule sets, by name, in one statement."""
        rows = (await tx.execute(_newest_of(self, tuple(rule_sets)))).mappings()
        return {row["rule_set"]: from_columns(RuleVersion, dict(row)) for row in rows}

    async def get(self, tx: AsyncConnection, rule_set: str, number: int) -> RuleVersion:
        """Return a version by its number. Raises NotFound."""
        query = self.query(rule_set).where(self.table.c.number == number)
        row = (await tx.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound("rule_version", str(number))
        return from_columns(RuleVersion, row)

    async def add(self, tx: AsyncConnection, rule_set: str, version: RuleVersion) -> None:
        """Add the next version. Raises Conflict (RULE_VERSION_STALE) if another one came first."""
        values = {"id": new_id(), "rule_set": rule_set, **vars(version)}
        row = insert(self.table).values(values)
        keys = ["tenant_id", "rule_set", "number"]
        added = row.on_conflict_do_nothing(index_elements=keys).returning(self.table.c.id)
        if (await tx.execute(added)).one_or_none() is None:
            latest = await self.latest(tx, rule_set)
            raise Conflict("RULE_VERSION_STALE", version=0 if latest is None else latest.number)


@cache
def _newest_of(store: VersionStore, rule_sets: tuple[str, ...]) -> CompoundSelect[Any]:
    """Return the query of the versions in force of these rule sets; built once."""
    return union_all(*(store.newest(name).subquery().select() for name in rule_sets))
