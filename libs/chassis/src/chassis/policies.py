"""What a migration says of a new table: whose rows are seen by whom, and who may do what."""

from alembic import op

from chassis.db import CURRENT_TENANT

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


def open_to_readiness() -> None:
    """Let both roles ask which migrations the database holds."""
    app, worker = roles()
    op.execute(f"GRANT SELECT ON alembic_version TO {app}, {worker}")


def open_to_worker(table: str) -> None:
    """Grants on a table without tenants: the worker keeps it, the API reads it."""
    app, worker = roles()
    op.execute(f"GRANT SELECT ON {table} TO {app}")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {worker}")
