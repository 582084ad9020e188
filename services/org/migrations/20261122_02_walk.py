"""The whole directory: departments, posts, leaves, roles, teams, and how passwords are set."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from chassis.database.backbone_tables import instant
from chassis.database.columns import CURRENT_TENANT, tenant_column
from chassis.database.migration_operations import roles, secure

revision = "org_walk"
down_revision = "org_20261122"
branch_labels = None
depends_on = None

TABLES = (
    "departments",
    "department_moves",
    "department_posts",
    "person_leaves",
    "roles",
    "role_holders",
    "teams",
    "team_members",
)


def _id(name: str = "id", *, primary_key: bool = True, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Uuid(), primary_key=primary_key, nullable=nullable)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _kept() -> tuple[sa.Column[Any], ...]:
    version = sa.Column("version", sa.Integer(), nullable=False)
    return instant("created_at"), instant("updated_at"), version


def _index(table: str, *columns: str, unique: bool = False) -> None:
    op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, columns, unique=unique)


def _departments() -> None:
    op.create_table(
        "departments",
        tenant_column(),
        _id(),
        _text("name"),
        _text("code", nullable=True),
        _id("parent_id", primary_key=False, nullable=True),
        _id("manager_id", primary_key=False, nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        *_kept(),
    )
    _index("departments", "tenant_id", "code", unique=True)
    _index("departments", "tenant_id", "parent_id", "id")
    _index("departments", "tenant_id", "manager_id", "id")
    _index("departments", "tenant_id", "name", "id")
    op.create_table(
        "department_moves",
        tenant_column(),
        _id(),
        _id("department_id", primary_key=False),
        _id("from_parent_id", primary_key=False, nullable=True),
        _id("to_parent_id", primary_key=False, nullable=True),
        _text("reason", nullable=True),
        _text("moved_by"),
        instant("moved_at"),
    )
    _index("department_moves", "tenant_id", "department_id", "id")
    op.create_table(
        "department_posts",
        tenant_column(),
        _id("person_id"),
        _id("department_id"),
        _text("title", nullable=True),
        sa.Column("primary", sa.Boolean(), nullable=False),
    )
    _index("department_posts", "tenant_id", "department_id", "person_id")


def _people() -> None:
    op.add_column("people", _text("subject", nullable=True))
    op.execute("UPDATE people SET subject = id::text")
    op.alter_column("people", "subject", nullable=False)
    none = sa.text("'{}'")
    op.add_column(
        "people",
        sa.Column(
            "former_subjects", postgresql.ARRAY(sa.Text()), server_default=none, nullable=False
        ),
    )
    op.add_column("people", _text("phone", nullable=True))
    op.add_column("people", _id("manager_id", primary_key=False, nullable=True))
    _index("people", "tenant_id", "subject", unique=True)
    _index("people", "tenant_id", "manager_id", "id")
    _index("people", "tenant_id", "name", "id")
    op.create_table(
        "person_leaves",
        tenant_column(),
        _id(),
        _id("person_id", primary_key=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("to_date", sa.Date(), nullable=False),
        _id("substitute_id", primary_key=False, nullable=True),
    )
    _index("person_leaves", "tenant_id", "person_id", "from_date")


def _roles_and_teams() -> None:
    op.create_table(
        "roles",
        tenant_column(),
        _id(),
        _text("code"),
        _text("name"),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("built_in", sa.Boolean(), nullable=False),
        *_kept(),
    )
    _index("roles", "tenant_id", "code", unique=True)
    op.create_table("role_holders", tenant_column(), _id("person_id"), _id("role_id"))
    _index("role_holders", "tenant_id", "role_id", "person_id")
    op.create_table("teams", tenant_column(), _id(), _text("name"), *_kept())
    op.create_table("team_members", tenant_column(), _id("team_id"), _id("person_id"))
    _index("team_members", "tenant_id", "person_id", "team_id")


def _logins() -> None:
    """What somebody may do is read when a token is asked for; tries are counted by source."""
    for column in ("scopes", "failed", "failed_at"):
        op.drop_column("logins", column)
    _index("logins", "tenant_id", "subject_id")
    op.create_table(
        "login_tries",
        sa.Column("login", sa.Text(), primary_key=True),
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("failed", sa.Integer(), nullable=False),
        instant("failed_at", nullable=True),
        instant("proven_at", nullable=True),
        instant("stale_at"),
    )
    _index("login_tries", "stale_at")
    op.create_table(
        "password_links",
        sa.Column("digest", sa.Text(), primary_key=True),
        _text("login"),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(CURRENT_TENANT)),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        instant("expires_at"),
    )
    _index("password_links", "login")
    _index("password_links", "tenant_id")
    app, worker = roles()
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON login_tries, password_links TO {app}")
    op.execute(f"GRANT SELECT, DELETE ON password_links TO {worker}")  # a tenant's end


def upgrade() -> None:
    _departments()
    _people()
    _roles_and_teams()
    op.add_column(
        "clients", sa.Column("active", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.alter_column("clients", "active", server_default=None)
    op.add_column("clients", instant("rotated_at", nullable=True))
    _logins()
    for table in TABLES:
        secure(table, append_only=table == "department_moves")


def downgrade() -> None:
    for table in ("password_links", "login_tries", *reversed(TABLES)):
        op.drop_table(table)
    op.add_column("logins", sa.Column("failed_at", sa.DateTime(timezone=True)))
    for column, kind, default in (("failed", "integer", "0"), ("scopes", "text[]", "'{}'")):
        op.execute(f"ALTER TABLE logins ADD COLUMN {column} {kind} NOT NULL DEFAULT {default}")
        op.execute(f"ALTER TABLE logins ALTER COLUMN {column} DROP DEFAULT")
    for table, columns in {
        "people": ("subject", "former_subjects", "phone", "manager_id"),
        "clients": ("active", "rotated_at"),
    }.items():
        for column in columns:
            op.drop_column(table, column)
