"""The advisory locks of the chassis: what each one protects, and the key it is taken under.

PostgreSQL keeps advisory locks apart per database, so the keys are the same in every service.
Keys that are hashed from a text carry a seed of their own; two texts that collide only make their
writers wait for each other. Locks whose names begin with `lock_` last until the transaction ends.
Services take their locks by `lock_key`, under names of their own.
"""

from hashlib import blake2b

from sqlalchemy import Text, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import CURRENT_TENANT

MIGRATION_LOCK = 7_264_001
"""Protects the schema: one process migrates a database at a time. Held by the session."""

RELAY_BUCKET_LOCKS = 7264
"""Protects the buckets of the outbox: the key is (this class, the bucket). Held by the session
of the relay that owns the bucket; that session also writes the bucket's cursor."""

REBUILD_LOCKS = 7265
"""Protects the rebuild of a replica: the key is (this class, the hash of the subscription's name).
Held by the session of the worker that builds it."""

_REBUILD_SHARED = text("SELECT pg_advisory_xact_lock_shared(hashtextextended(:key, 21))")
_REBUILD_EXCLUSIVE = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 21))")
_IDEMPOTENCY_KEY = text("SELECT pg_try_advisory_xact_lock(hashtextextended(:key, 7))")
_IMPORT_QUOTA = text(
    "SELECT pg_advisory_xact_lock(hashtextextended(current_setting('app.tenant'), 8))"
)
_IMPORTS = text(
    "SELECT pg_advisory_xact_lock(hashtextextended("
    "'import:' || current_setting('app.tenant', true) || :resource, 0))"
)
_EXTERNAL_ID = text(
    f"SELECT pg_advisory_xact_lock(hashtextextended(concat_ws(' ', {CURRENT_TENANT}, "
    "CAST(:resource AS text), CAST(:system AS text), CAST(:external_id AS text)), 11))"
)
_FIELDS_KEY = f"hashtextextended(concat_ws(' ', {CURRENT_TENANT}, CAST(:resource AS text)), 12)"
_FIELDS_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_FIELDS_KEY})")
_FIELDS_EXCLUSIVE = text(f"SELECT pg_advisory_xact_lock({_FIELDS_KEY})")
_NAMED_HASH = (
    f"hashtextextended(concat_ws(' ', CAST(:name AS text), {CURRENT_TENANT}, CAST(:key AS text)),"
    " 13)"
)
_NAMED_KEY = text(f"SELECT pg_advisory_xact_lock({_NAMED_HASH})")
_NAMED_KEY_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_NAMED_HASH})")


def timer_lock_key(name: str) -> int:
    """Return the key that protects a timer: one process runs it at a time. Held by the session."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), signed=True)


async def lock_rebuild(tx: AsyncConnection, key: str, *, exclusive: bool) -> None:
    """Protect the swap of a tenant's copy, which excludes the consumers that write the copy."""
    await tx.execute(_REBUILD_EXCLUSIVE if exclusive else _REBUILD_SHARED, {"key": key})


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
    key = literal(f"saved_views:{subject}:{resource}", Text)
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))


async def lock_key(
    tx: AsyncConnection, name: str, key: object = "", *, shared: bool = False
) -> None:
    """Protect what `name` says, such as `rms.account`, for one key of a tenant.

    Without a key, it is protected for the whole tenant. `name` begins with the service. Holders of
    a `shared` lock exclude only those that do not share it.
    """
    statement = _NAMED_KEY_SHARED if shared else _NAMED_KEY
    await tx.execute(statement, {"name": name, "key": str(key)})
