"""Renders the difference between the tables in the code and a database as migration code."""

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from alembic.operations.ops import (
    CreateTableOp,
    DowngradeOps,
    DropTableOp,
    MigrateOperation,
    ModifyTableOps,
    UpgradeOps,
)
from sqlalchemy import Column, Connection, MetaData, PrimaryKeyConstraint, pool
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database.encryption.columns import EncryptedText, KeyedDigest, is_encrypted
from chassis.database.migrate import metadata_of
from chassis.records.access.guards import ACCESS_GUARDS


@dataclass(frozen=True)
class Operations:
    """The bodies of `upgrade` and `downgrade`; both empty when nothing differs."""

    upgrade: str
    downgrade: str


async def operations_of(service: str, owner_url: str) -> Operations:
    """Compare a migrated database with the tables in the code."""
    engine = create_async_engine(owner_url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        operations = await connection.run_sync(lambda c: _operations(service, c))
    await engine.dispose()
    return operations


def _operations(service: str, connection: Connection) -> Operations:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    merged = MetaData()
    for metadata in metadata_of(service):
        for table in metadata.tables.values():
            table.to_metadata(merged)
    script = produce_migrations(context, merged)
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    return Operations(
        _source(script.upgrade_ops, context) + _house_rules(script.upgrade_ops),
        _source(script.downgrade_ops, context),
    )


def _source(operations: UpgradeOps | DowngradeOps, context: MigrationContext) -> str:
    _drop_index_removals(operations)
    if operations.is_empty():
        return ""
    code = render_python_code(operations, migration_context=context, render_item=_in_house_style)
    lines = [line for line in code.splitlines() if not line.lstrip().startswith("# ")]
    return "\n".join(lines).strip()


def _drop_index_removals(operations: UpgradeOps | DowngradeOps) -> None:
    """Omit the removal of indexes whose table is removed."""
    tables = {item.table_name for item in operations.ops if isinstance(item, DropTableOp)}
    operations.ops = [
        item
        for item in operations.ops
        if not (isinstance(item, ModifyTableOps) and item.table_name in tables)
    ]


def _in_house_style(kind: str, item: Any, _: object) -> Any:
    """Render `tenant_column()` and mark primary keys at their columns.

    For alembic, None omits the item and False renders it in the default way.
    """
    if isinstance(item, PrimaryKeyConstraint):
        return None
    if kind == "type" and isinstance(item, EncryptedText | KeyedDigest):
        return "sa.LargeBinary()"
    if kind != "column" or not isinstance(item, Column) or not item.primary_key:
        return False
    if item.name == "tenant_id":
        return "tenant_column()"
    return f'sa.Column("{item.name}", sa.{item.type!r}, primary_key=True)'


def _house_rules(operations: UpgradeOps) -> str:
    """Return the calls that every new table needs: policies, the audit, custom fields."""
    lines = [line for operation in operations.ops for line in _rules_of(operation)]
    return textwrap.indent("".join(f"\n{line}" for line in lines), "    ")


def _rules_of(operation: MigrateOperation) -> Iterator[str]:
    if not isinstance(operation, CreateTableOp):
        return
    name = operation.table_name
    yield f'secure("{name}")'
    resource = {scoped.table.name: scoped.resource for scoped, _ in ACCESS_GUARDS.values()}.get(
        name
    )
    if resource is None:
        return
    columns = [item for item in operation.columns if isinstance(item, Column)]
    encrypted = ", ".join(f'"{one.name}"' for one in columns if is_encrypted(one))
    more = f", encrypted=({encrypted},)" if encrypted else ""
    yield f'audited("{name}", resource="{resource}"{more})'
    if "custom_fields" in {one.name for one in columns}:
        yield f'with_custom_fields("{name}", resource="{resource}")'
