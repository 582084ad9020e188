"""The table of access keys, and the function that finds one before a tenant is known."""

import sqlalchemy as sa
from alembic import op

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, roles, secure

TABLES = ("access_keys",)
# What the API's role may read: everything but the digest. And what a use or a revocation changes.
READABLE = (
    "tenant_id, id, tail, purpose, resource, record_id, record_version, created_by, created_at,"
    " expires_at, revoked_at, revoked_by, max_uses, uses, last_used_at"
)
CHANGEABLE = "revoked_at, revoked_by, uses, last_used_at"

# It runs as the owner of the table, whom no policy binds, and returns the one row whose digest the
# caller has: no other, and of that one no more than is needed to open a transaction of its tenant.
BY_DIGEST = """
CREATE FUNCTION access_key_by_digest(wanted bytea) RETURNS TABLE (
    tenant_id uuid, id uuid, purpose text, created_by text,
    expires_at timestamptz, revoked_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.tenant_id, k.id, k.purpose, k.created_by, k.expires_at, k.revoked_at
    FROM public.access_keys AS k WHERE k.digest = wanted
$$
"""


def create() -> None:
    """Create the tables of this topic."""
    _access_keys()
    _by_digest()


def drop() -> None:
    """Drop what `create` has made."""
    op.execute("DROP FUNCTION access_key_by_digest(bytea)")
    for table in reversed(TABLES):
        op.drop_table(table)


def _access_keys() -> None:
    """Keys that admit to one record for one purpose without a token, stored as digests."""
    op.create_table(
        "access_keys",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("tail", sa.String(4), nullable=False, server_default=""),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("resource", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("record_version", sa.Integer()),
        sa.Column("created_by", sa.Text()),
        instant("created_at"),
        instant("expires_at"),
        instant("revoked_at", nullable=True),
        sa.Column("revoked_by", sa.Text()),
        sa.Column("max_uses", sa.Integer()),
        sa.Column("uses", sa.Integer(), nullable=False, server_default=sa.text("0")),
        instant("last_used_at", nullable=True),
    )
    index("access_keys", "digest", unique=True)
    index("access_keys", "tenant_id", "resource", "record_id", "id")
    index("access_keys", "expires_at")
    secure("access_keys", worker_sees_all=True)
    app, _worker = roles()
    op.execute(f"REVOKE SELECT, UPDATE ON access_keys FROM {app}")
    op.execute(f"GRANT SELECT ({READABLE}), UPDATE ({CHANGEABLE}) ON access_keys TO {app}")
    audited(
        "access_keys",
        resource="@resource",
        key="record_id",
        part="access_keys",
        noise=("resource", "record_id", "uses", "last_used_at"),
        secret=("digest",),
    )


def _by_digest() -> None:
    """Let the API find the key that a request holds."""
    app, _worker = roles()
    op.execute(BY_DIGEST)
    op.execute("REVOKE ALL ON FUNCTION access_key_by_digest(bytea) FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION access_key_by_digest(bytea) TO {app}")
