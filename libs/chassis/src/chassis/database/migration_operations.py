"""For migrations: row-level security, grants, audit and custom-field triggers of a table."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from chassis.database.columns import CURRENT_TENANT

OWN_ROWS = f"tenant_id = (SELECT {CURRENT_TENANT})"


def own_service() -> str:
    """Return the name of the service whose database is migrated: its owner runs the migration."""
    owner = op.get_bind().exec_driver_sql("SELECT current_user").scalar_one()
    return str(owner).removesuffix("_owner")


def roles() -> tuple[str, str]:
    """Return the names of the app and the worker role of the service."""
    service = own_service()
    return f"{service}_app", f"{service}_worker"


def secure(
    table: str,
    *,
    worker_sees_all: bool = False,
    append_only: bool = False,
    app: str = "",
    worker: str = "",
) -> None:
    """Enable row-level security on a table with a tenant, and grant it to both roles.

    `worker_sees_all` lets the worker read and write the rows of all tenants; it is for tables of
    the chassis only. `append_only` grants no UPDATE and no DELETE. `app` and `worker` name the
    verbs of a role that needs fewer or others.
    """
    app_role, worker_role = roles()
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({OWN_ROWS}) WITH CHECK ({OWN_ROWS})")
    if worker_sees_all:
        op.execute(
            f"CREATE POLICY all_rows ON {table} TO {worker_role} USING (true) WITH CHECK (true)"
        )
    verbs = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    op.execute(f"GRANT {app or verbs} ON {table} TO {app_role}")
    op.execute(f"GRANT {worker or verbs} ON {table} TO {worker_role}")


def allow_deletes(table: str, *, where: str) -> None:
    """Let no role but the owner delete rows of this table, except those for which this holds."""
    op.execute(f"CREATE POLICY deletable ON {table} AS RESTRICTIVE FOR DELETE USING ({where})")


def audited(
    table: str,
    *,
    resource: str,
    key: str = "id",
    part: str = "",
    part_key: str = "id",
    noise: Sequence[str] = ("version", "updated_at"),
    secret: Sequence[str] = (),
    encrypted: Sequence[str] = (),
) -> None:
    """Write an audit entry for every change of this table's rows, by a trigger.

    The entry names the `resource` and, from the column `key`, the record. A child table gives
    `part`, its name within the record, and `part_key`, the column of its own id:
    `audited("quote_lines", resource="cpq.quote", key="quote_id", part="lines")`. A resource
    `@column` is read from that column. Generated columns and `noise` are left out; of a `secret`
    column the entry says that it changed, but not its value. An `encrypted` column has a digest,
    `x_digest`, which tells whether it changed: encrypting it anew makes no entry. Call this after
    the last change of the table's columns, and again when a generated column is added.
    """
    left_out = ["tenant_id", *noise, *_generated(table), *_digests(table, encrypted)]
    lists = [_as_array(names) for names in (left_out, secret, encrypted)]
    arguments = [resource, key, part, part_key, *lists]
    quoted = ", ".join("'" + argument.replace("'", "''") + "'" for argument in arguments)
    op.execute(
        f"CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION audit_row({quoted})"
    )


def with_custom_fields(table: str, *, resource: str) -> None:
    """Let lists of this table be filtered by the values in its column `custom_fields`."""
    for verb, when in (
        ("INSERT", "WHEN (NEW.custom_fields <> '{}')"),
        ("UPDATE", "WHEN (NEW.custom_fields <> OLD.custom_fields)"),
        ("DELETE", "WHEN (OLD.custom_fields <> '{}')"),
    ):
        op.execute(
            f"CREATE TRIGGER custom_fields_{verb.lower()} AFTER {verb} ON {table}"
            f" FOR EACH ROW {when} EXECUTE FUNCTION custom_values_row('{resource}')"
        )


def _generated(table: str) -> Sequence[str]:
    query = sa.text(
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass)"
        " AND attgenerated <> '' AND NOT attisdropped"
    )
    return [str(name) for name in op.get_bind().execute(query, {"t": table}).scalars()]


def _digests(table: str, encrypted: Sequence[str]) -> Sequence[str]:
    """Return the columns with digests of the encrypted columns."""
    query = sa.text(
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass) AND attnum > 0"
        " AND NOT attisdropped AND right(attname, 7) = '_digest'"
    )
    names = op.get_bind().execute(query, {"t": table}).scalars() if encrypted else ()
    return [str(name) for name in names if str(name).startswith(tuple(f"{e}_" for e in encrypted))]


def _as_array(names: Sequence[str]) -> str:
    return "{" + ",".join(names) + "}"


def grant_readiness() -> None:
    """Let both roles read which migrations the database holds; readiness checks it."""
    app, worker = roles()
    op.execute(f"GRANT SELECT ON alembic_version TO {app}, {worker}")


def grant_to_worker(table: str, verbs: str) -> None:
    """Grant the worker these verbs on a table without tenants; the app only reads it."""
    app, worker = roles()
    op.execute(f"GRANT SELECT ON {table} TO {app}")
    op.execute(f"GRANT SELECT, {verbs} ON {table} TO {worker}")
