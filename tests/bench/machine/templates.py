"""Filled databases that stay on the server for later runs, and the copies that are measured."""

import hashlib
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from chassis.database.access import access_sql
from testkit import databases
from testkit.databases import RUN, ServiceDatabase

ROOT = Path(__file__).parents[3]
# What the content of a filled database depends on.
GENERATING = ("generator", "copying", "company")
SOURCES = ("libs/chassis/src/chassis/database/migrations", "services/*/migrations", "tests/bench")


def digest() -> str:
    """Return a name for the databases that these sources make; others are of no use any more."""
    hashed = hashlib.sha256()
    for pattern in SOURCES:
        for file in sorted(file for top in ROOT.glob(pattern) for file in top.rglob("*.py")):
            if "tests/bench" not in str(file) or file.stem.startswith(GENERATING):
                hashed.update(file.read_bytes())
    return f"bench{hashed.hexdigest()[:10]}"


async def drop_others() -> None:
    """Drop the databases of earlier sources."""
    admin = await asyncpg.connect(databases.admin_dsn())
    rows = await admin.fetch(
        r"SELECT datname FROM pg_database WHERE datname ~ '_bench[0-9a-f]{10}$'"
    )
    for name in (row["datname"] for row in rows):
        if not name.endswith(os.environ[RUN]):
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


Fill = Callable[[ServiceDatabase], Awaitable[None]]


async def filled_database(service: str, name: str, fill: Fill) -> ServiceDatabase:
    """Return the database of this name, which `fill` fills the first time."""
    filled = databases.described(service, f"{service}_{name}_{os.environ[RUN]}")
    admin = await asyncpg.connect(databases.admin_dsn())
    try:
        if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", filled.name):
            part = await databases.create_database(service, f"{name}_part")
            await fill(part)
            await admin.execute(f"ALTER DATABASE {part.name} RENAME TO {filled.name}")
    finally:
        await admin.close()
    return filled


async def copy_filled(target: ServiceDatabase, name: str, fill: Fill) -> None:
    """Make the target a copy of the database of this name, which `fill` fills the first time."""
    filled = await filled_database(target.service, name, fill)
    admin = await asyncpg.connect(databases.admin_dsn())
    try:
        await admin.execute(f"DROP DATABASE IF EXISTS {target.name} WITH (FORCE)")
        owner = f"{target.service}_owner"
        # Before PostgreSQL 15 files are copied in any case; through the log it takes far longer.
        by_files = " STRATEGY file_copy" if admin.get_server_version().major >= 15 else ""
        create = f"CREATE DATABASE {target.name} OWNER {owner} TEMPLATE {filled.name}{by_files}"
        await admin.execute(create)
        for statement in access_sql(target.service, database=target.name):
            if " DATABASE " in statement:  # the template brings the rights on the schema
                await admin.execute(statement)
    finally:
        await admin.close()
