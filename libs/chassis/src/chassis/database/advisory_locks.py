"""The advisory locks: what each one protects, and the key it is taken under.

PostgreSQL keeps advisory locks apart per database, so the keys are the same in every service.
Keys that are hashed from a text carry a seed of their own; two texts that collide only make their
writers wait for each other. Locks whose names begin with `lock_` last until the transaction ends.
Services take their locks by `lock_key`, under names of their own. No other module calls the
functions of PostgreSQL that lock.
"""

from enum import IntEnum, unique
from hashlib import blake2b
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import CURRENT_TENANT


@unique
class Seed(IntEnum):
    """The seeds of keys that are hashed from a text, so that kinds of locks never meet."""

    IDEMPOTENCY_KEY = 7
    IMPORT_QUOTA = 8
    EXTERNAL_ID = 11
    FIELD_DEFINITIONS = 12
    NAMED_KEY = 13
    IMPORTS = 14
    SAVED_VIEWS = 15
    COPY_SWAP = 21


@unique
class LockClass(IntEnum):
    """The first of the two numbers of a lock that a session holds."""

    RELAY_BUCKET = 7264
    REBUILD = 7265


@unique
class LockNumber(IntEnum):
    """The whole key of a lock that a session holds."""

    MIGRATION = 7_264_001
    TEST_DATABASES = 7_264_002


LOCK_MIGRATION: Final = f"SELECT pg_advisory_lock({LockNumber.MIGRATION:d})"
"""Protects the schema: one process migrates a database at a time."""

LOCK_TEST_DATABASES: Final = f"SELECT pg_advisory_lock({LockNumber.TEST_DATABASES:d})"
"""Protects the databases of a test server while a worker of the tests makes its own."""

TRY_TIMER_LOCK: Final = "SELECT pg_try_advisory_lock($1)"
"""Protects a timer, by `timer_lock_key`: one process runs it at a time."""

TRY_REBUILD_LOCK: Final = f"SELECT pg_try_advisory_lock({LockClass.REBUILD:d}, hashtext($1))"
"""Protects the rebuild of a replica by the name of its subscription; its builder holds it."""

# The buckets of the outbox: the session of the relay that owns a bucket holds its lock, and also
# writes the bucket's cursor.
_BUCKET: Final = f"{LockClass.RELAY_BUCKET:d}"
TRY_BUCKET_LOCK: Final = f"SELECT pg_try_advisory_lock({_BUCKET}, $1)"
LOCK_BUCKET: Final = f"SELECT pg_advisory_lock({_BUCKET}, $1)"
UNLOCK_BUCKETS: Final = (
    f"SELECT pg_advisory_unlock({_BUCKET}, bucket) FROM unnest($1::int[]) AS bucket"  # noqa: S608  # a constant
)
TRY_ALL_BUCKET_LOCKS: Final = (
    f"SELECT count(*) FILTER (WHERE pg_try_advisory_lock({_BUCKET}, bucket))"  # noqa: S608  # a constant
    " FROM generate_series(0, $1::int - 1) AS bucket"
)
UNLOCK_ALL: Final = "SELECT pg_advisory_unlock_all()"
"""Releases every lock of the session."""


def _hashed(key: str, seed: Seed) -> str:
    return f"hashtextextended({key}, {seed:d})"


def _of_tenant(*parts: str) -> str:
    return f"concat_ws(' ', {', '.join((CURRENT_TENANT, *parts))})"


_RESOURCE = "CAST(:resource AS text)"
_COPY_KEY = _hashed(":key", Seed.COPY_SWAP)
_COPY_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_COPY_KEY})")
_COPY_EXCLUSIVE = text(f"SELECT pg_advisory_xact_lock({_COPY_KEY})")
_IDEMPOTENCY_HASH = _hashed(":key", Seed.IDEMPOTENCY_KEY)
_IDEMPOTENCY_KEY = text(f"SELECT pg_try_advisory_xact_lock({_IDEMPOTENCY_HASH})")
_QUOTA_HASH = _hashed(_of_tenant(), Seed.IMPORT_QUOTA)
_IMPORT_QUOTA = text(f"SELECT pg_advisory_xact_lock({_QUOTA_HASH})")
_IMPORTS_HASH = _hashed(_of_tenant(_RESOURCE), Seed.IMPORTS)
_IMPORTS = text(f"SELECT pg_advisory_xact_lock({_IMPORTS_HASH})")
_EXTERNAL_HASH = _hashed(
    _of_tenant(_RESOURCE, "CAST(:system AS text)", "CAST(:external_id AS text)"), Seed.EXTERNAL_ID
)
_EXTERNAL_ID = text(f"SELECT pg_advisory_xact_lock({_EXTERNAL_HASH})")
_FIELDS_HASH = _hashed(_of_tenant(_RESOURCE), Seed.FIELD_DEFINITIONS)
_FIELDS_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_FIELDS_HASH})")
_FIELDS_EXCLUSIVE = text(f"SELECT pg_advisory_xact_lock({_FIELDS_HASH})")
_VIEWS_HASH = _hashed(_of_tenant("CAST(:subject AS text)", _RESOURCE), Seed.SAVED_VIEWS)
_SAVED_VIEWS = text(f"SELECT pg_advisory_xact_lock({_VIEWS_HASH})")
_NAMED_HASH = _hashed(
    f"concat_ws(' ', CAST(:name AS text), {CURRENT_TENANT}, CAST(:key AS text))", Seed.NAMED_KEY
)
_NAMED_KEY = text(f"SELECT pg_advisory_xact_lock({_NAMED_HASH})")
_NAMED_KEY_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_NAMED_HASH})")


def timer_lock_key(name: str) -> int:
    """Return the key that protects a timer: one process runs it at a time. Held by the session."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


async def lock_rebuild(tx: AsyncConnection, key: str, *, exclusive: bool) -> None:
    """Protect the swap of a tenant's copy, which excludes the consumers that write the copy."""
    await tx.execute(_COPY_EXCLUSIVE if exclusive else _COPY_SHARED, {"key": key})


async def try_lock_idempotency_key(tx: AsyncConnection, key: str) -> bool:
    """Protect one request of an idempotency key; False while the first one still runs."""
    locked: bool = (await tx.execute(_IDEMPOTENCY_KEY, {"key": key})).scalar_one()
    return locked


async def lock_import_quota(tx: AsyncConnection) -> None:
    """Protect the count of a tenant's running imports: imports start one after the other."""
    await tx.execute(_IMPORT_QUOTA)


async def lock_imports(tx: AsyncConnection, resource: str) -> None:
    """Protect what imports of a resource write: two of the same file act like one."""
    await tx.execute(_IMPORTS, {"resource": resource})


async def lock_external_key(
    tx: AsyncConnection, *, resource: str, system: str, external_id: str
) -> None:
    """Protect one external id of a tenant: concurrent upserts create one record."""
    key = {"resource": resource, "system": system, "external_id": external_id}
    await tx.execute(_EXTERNAL_ID, key)


async def lock_field_definitions(tx: AsyncConnection, resource: str, *, exclusive: bool) -> None:
    """Protect a resource's custom field definitions against changes while records are written.

    Writers of records share the lock; a change of a definition takes it exclusively.
    """
    await tx.execute(_FIELDS_EXCLUSIVE if exclusive else _FIELDS_SHARED, {"resource": resource})


async def lock_saved_views(tx: AsyncConnection, subject: str, resource: str) -> None:
    """Protect one person's saved views of a list: names and the default view stay unique."""
    await tx.execute(_SAVED_VIEWS, {"subject": subject, "resource": resource})


async def lock_key(
    tx: AsyncConnection, name: str, key: object = "", *, shared: bool = False
) -> None:
    """Protect what `name` says, such as `rms.account`, for one key of a tenant.

    Without a key, it is protected for the whole tenant. `name` begins with the service. Holders of
    a `shared` lock exclude only those that do not share it.
    """
    statement = _NAMED_KEY_SHARED if shared else _NAMED_KEY
    await tx.execute(statement, {"name": name, "key": str(key)})
