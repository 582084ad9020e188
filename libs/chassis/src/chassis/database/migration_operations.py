"""Operations for migrations: row-level security, grants, audit and custom field triggers."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from chassis.database.columns import CURRENT_TENANT

OWN_ROWS = f"tenant_id = (SELECT {CURRENT_TENANT})"


def roles() -> tuple[str, str]:
    """Return the app and the worker role that belong to the owner running the migration."""
    owner = op.get_bind().exec_driver_sql("SELECT current_user").scalar_one()
    service = str(owner).removesuffix("_owner")
    return f"{service}_app", f"{service}_worker"


def secure(table: str, *, worker_sees_all: bool = False, append_only: bool = False) -> None:
    """Enable row-level security by tenant on a table and grant it to the app and worker roles.

    `worker_sees_all` is for tables of the backbone; `append_only` denies update and delete.
    """
    app, worker = roles()
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_rows ON {table} USING ({OWN_ROWS}) WITH CHECK ({OWN_ROWS})")
    if worker_sees_all:
        op.execute(f"CREATE POLICY all_rows ON {table} TO {worker} USING (true) WITH CHECK (true)")
    verbs = "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"
    op.execute(f"GRANT {verbs} ON {table} TO {app}")
    more = ", DELETE" if append_only and worker_sees_all else ""
    op.execute(f"GRANT {verbs}{more} ON {table} TO {worker}")


def audited(
    table: str,
    *,
    resource: str,
    key: str = "id",
    part: str = "",
    part_key: str = "id",
    noise: Sequence[str] = ("version", "updated_at"),
    secret: Sequence[str] = (),
) -> None:
    """Add the audit trigger: every write leaves an entry under `resource` and the id in `key`.

    A child table names its `part` and `part_key`: `audited("quote_lines", resource="cpq.quote",
    key="quote_id", part="lines")`. `@column` reads the resource from the row. Generated columns
    and `noise` are omitted; of `secret` columns only the fact of a change is recorded. Call it
    after the last change of the table's columns.
    """
    left_out = _as_array(["tenant_id", *noise, *_generated(table)])
    arguments = [resource, key, part, part_key, left_out, _as_array(secret)]
    quoted = ", ".join("'" + argument.replace("'", "''") + "'" for argument in arguments)
    op.execute(
        f"CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION audit_row({quoted})"
    )


def with_custom_fields(table: str, *, resource: str) -> None:
    """Add the triggers that make lists of this table filterable by custom fields."""
    for verb, when in (
        ("INSERT", "WHEN (NEW.custom_fields <> '{}')"),
        ("UPDATE", "WHEN (NEW.custom_fields <> OLD.custom_fields)"),
        ("DELETE", "WHEN (OLD.custom_fields <> '{}')"),
    ):
        op.execute(
            f"CREATE TRIGGER custom_fields_{verb.lower()} AFTER {verb} ON {table}"
            f" FOR EACH ROW {when} EXECUTE FUNCTION custom_values_row('{resource}')"
        )


def without_custom_fields(*tables: str) -> None:
    """Drop the custom field triggers of these tables, for a downgrade."""
    for table in tables:
        for verb in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER custom_fields_{verb} ON {table}")


def unaudited(*tables: str) -> None:
    """Drop the audit triggers of these tables, for a downgrade."""
    for table in tables:
        op.execute(f"DROP TRIGGER audit ON {table}")


def _generated(table: str) -> Sequence[str]:
    query = sa.text(
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass)"
        " AND attgenerated <> '' AND NOT attisdropped"
    )
    return [str(name) for name in op.get_bind().execute(query, {"t": table}).scalars()]


def _as_array(names: Sequence[str]) -> str:
    return "{" + ",".join(names) + "}"


def grant_readiness() -> None:
    """Let both roles read `alembic_version`, which readiness checks."""
    app, worker = roles()
    op.execute(f"GRANT SELECT ON alembic_version TO {app}, {worker}")


def grant_to_worker(table: str) -> None:
    """Grant a table without tenants: the worker reads and writes it, the API reads it."""
    app, worker = roles()
    op.execute(f"GRANT SELECT ON {table} TO {app}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {worker}")
