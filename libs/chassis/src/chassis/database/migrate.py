"""Migrations with Alembic, without ini files: a branch for the chassis and one for the service."""

import asyncio
from importlib import import_module
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Connection, MetaData, pool
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database import backbone_tables, collation
from chassis.database.advisory_locks import LOCK_MIGRATION
from chassis.database.collation import WrongCollation

LOCK_SECONDS = 10
HERE = Path(__file__).parent / "migrations"


def _service_versions(service: str) -> Path:
    package = import_module(service)
    assert package.__file__ is not None
    return Path(package.__file__).parents[2] / "migrations"


def _config(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HERE))
    config.set_main_option("path_separator", "newline")
    versions = [str(HERE / "versions"), str(_service_versions(service))]
    config.set_main_option("version_locations", "\n".join(versions))
    return config


def config_of(service: str, connection: Connection) -> Config:
    """Return Alembic's configuration for one service's database."""
    config = _config(service)
    config.attributes["connection"] = connection
    config.attributes["target_metadata"] = metadata_of(service)
    return config


def metadata_of(service: str) -> list[MetaData]:
    """Return the tables of a service's database: those of the chassis and its own."""
    import_module(f"{service}.app")  # imports every store, which adds its tables to the metadata
    own: MetaData = import_module(f"{service}.database").metadata
    return [backbone_tables.metadata, own]


def script_directory(service: str) -> ScriptDirectory:
    """All migrations that a service's database holds: the backbone's and its own."""
    return ScriptDirectory.from_config(_config(service))


def versions_needed(service: str) -> frozenset[str]:
    """Return what `alembic_version` must hold for this build: the newest revision of each branch.

    Alembic does not store a branch's newest revision when another branch depends on it.
    """
    scripts = script_directory(service)
    implied = {each for one in scripts.walk_revisions() for each in _dependencies(one)}
    return frozenset(scripts.get_heads()) - implied


def _dependencies(revision: Script) -> tuple[str, ...]:
    named = revision.dependencies or ()
    return (named,) if isinstance(named, str) else tuple(named)


class UnknownRevision(ValueError):
    """The database holds a revision of which this build has no migration."""


async def upgrade(service: str, owner_url: str) -> None:
    """Bring the schema to the newest version; two upgrades at once wait for each other.

    Raises UnknownRevision when this build does not know the schema, WrongCollation for a database
    in which filters would find nothing, and DBAPIError when a table
    stays locked for LOCK_SECONDS by a long transaction; then nothing has changed.
    """
    engine = create_async_engine(owner_url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.exec_driver_sql(LOCK_MIGRATION)
        # A migration that waits for a lock makes all traffic wait behind it: it gives up instead.
        await connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        await connection.commit()
        if not (await connection.exec_driver_sql(collation.order_query())).scalar():
            raise WrongCollation(collation.refusal(service))
        await connection.run_sync(lambda c: _upgrade(service, c))
        await connection.commit()
    await engine.dispose()


def _upgrade(service: str, connection: Connection) -> None:
    config = config_of(service, connection)
    present = MigrationContext.configure(connection).get_current_heads()
    existing = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    unknown = sorted(set(present) - existing)
    if unknown:
        raise UnknownRevision(
            f"The database of {service} holds {', '.join(unknown)}, which this build does not know."
            " It was migrated by a newer build: use that one. Or it was made by an earlier"
            " development version: `make clean` removes the local data, then `make up` starts anew."
        )
    command.upgrade(config, "heads")


async def drift(service: str, owner_url: str) -> list[object]:
    """Return the differences between the metadata and the migrated schema; none is expected."""
    engine = create_async_engine(owner_url, poolclass=pool.NullPool)

    def compare(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        merged = MetaData()
        for metadata in metadata_of(service):
            for table in metadata.tables.values():
                table.to_metadata(merged)
        ignored = {"alembic_version"}
        return [
            difference
            for difference in compare_metadata(context, merged)
            if getattr(difference[-1] if isinstance(difference, tuple) else None, "name", "")
            not in ignored
        ]

    async with engine.connect() as connection:
        differences = await connection.run_sync(compare)
    await engine.dispose()
    return differences


def upgrade_all(targets: dict[str, str]) -> None:
    """Migrate services one after the other; `targets` maps a service to its owner's URL."""

    async def run() -> None:
        for service, url in targets.items():
            await upgrade(service, url)

    asyncio.run(run())
