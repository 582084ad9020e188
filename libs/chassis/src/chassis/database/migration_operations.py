"""What a migration says of a new table: whose rows are seen by whom, and who may do what."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from chassis.database.columns import CURRENT_TENANT

OWN_ROWS = f"tenant_id = (SELECT {CURRENT_TENANT})"


def roles() -> tuple[str, str]:
    """The app and the worker role beside the owner that runs the migration."""
    owner = op.get_bind().exec_driver_sql("SELECT current_user").scalar_one()
    service = str(owner).removesuffix("_owner")
    return f"{service}_app", f"{service}_worker"


def secure(table: str, *, worker_sees_all: bool = False, append_only: bool = False) -> None:
    """Row-level security for a table of tenants' rows, and the two roles' grants.

    `worker_sees_all` is for the backbone's own tables; `append_only` denies update and delete.
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
    """Every write of this table leaves an audit entry under `resource` and the id in `key`.

    A child says `part`, the name it goes by, and `part_key`: `audited("quote_lines",
    resource="cpq.quote", key="quote_id", part="lines")`. `@column` reads the resource from the row.
    Generated columns and `noise` are left out; of `secret` ones it is told that they changed.
    Call it after the last change of the table's columns.
    """
    left_out = _as_array(["tenant_id", *noise, *_generated(table)])
    arguments = [resource, key, part, part_key, left_out, _as_array(secret)]
    quoted = ", ".join("'" + argument.replace("'", "''") + "'" for argument in arguments)
    op.execute(
        f"CREATE OR REPLACE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION audit_row({quoted})"
    )


def with_custom_fields(table: str, *, resource: str) -> None:
    """Lists of this table can be filtered by what its column `custom_fields` holds."""
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
    """For a downgrade."""
    for table in tables:
        for verb in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER custom_fields_{verb} ON {table}")


def unaudited(*tables: str) -> None:
    """For a downgrade: these tables leave no entries any more."""
    for table in tables:
        op.execute(f"DROP TRIGGER audit ON {table}")


def _generated(table: str) -> Sequence[str]:
    found = sa.text(
        "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:t AS regclass)"
        " AND attgenerated <> '' AND NOT attisdropped"
    )
    return [str(name) for name in op.get_bind().execute(found, {"t": table}).scalars()]


def _as_array(names: Sequence[str]) -> str:
    return "{" + ",".join(names) + "}"


def open_to_readiness() -> None:
    """Let both roles ask which migrations the database holds."""
    app, worker = roles()
    op.execute(f"GRANT SELECT ON alembic_version TO {app}, {worker}")


def open_to_worker(table: str) -> None:
    """Grants on a table without tenants: the worker keeps it, the API reads it."""
    app, worker = roles()
    op.execute(f"GRANT SELECT ON {table} TO {app}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {worker}")
