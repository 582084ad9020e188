"""A person's day: notifications and what they want to be told of, reminders, tasks."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.columns import tenant_column
from chassis.database.migration_operations import audited, secure

revision = "org_days"
down_revision = "org_calendars"
branch_labels = None
depends_on = None

TABLES = ("tasks", "reminders", "notification_preferences", "notifications")


def upgrade() -> None:
    _notifications()
    _reminders()
    _tasks()
    for table in TABLES:
        secure(table)
    audited("reminders", resource="org.reminder")
    audited("tasks", resource="org.task")


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _version() -> sa.Column[object]:
    return sa.Column("version", sa.Integer(), nullable=False)


def _index(table: str, *columns: str) -> None:
    name = f"ix_{table}_{'_'.join(('tenant_id', *columns))}"
    op.create_index(name, table, ["tenant_id", *columns])


def _notifications() -> None:
    op.create_table(
        "notifications",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("resource", sa.Text()),
        sa.Column("record_id", sa.Uuid()),
        _instant("read_at", nullable=True),
        _instant("occurred_at"),
        _instant("created_at"),
        _version(),
    )
    _index("notifications", "recipient", "id")
    _index("notifications", "recipient", "kind", "id")
    op.create_index(
        "ix_notifications_unread",
        "notifications",
        ["tenant_id", "recipient", "id"],
        postgresql_where=sa.text("read_at IS NULL"),
    )
    op.create_table(
        "notification_preferences",
        tenant_column(),
        sa.Column("recipient", sa.Text(), primary_key=True),
        sa.Column("kind", sa.String(40), primary_key=True),
        sa.Column("in_app", sa.Boolean(), nullable=False),
    )


def _reminders() -> None:
    op.create_table(
        "reminders",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        _instant("remind_at"),
        sa.Column("resource", sa.Text()),
        sa.Column("record_id", sa.Uuid()),
        _instant("sent_at", nullable=True),
        _instant("created_at"),
        _instant("updated_at"),
        _version(),
    )
    _index("reminders", "owner_id", "id")


def _tasks() -> None:
    op.create_table(
        "tasks",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("resource", sa.Text()),
        sa.Column("record_id", sa.Uuid()),
        sa.Column("due_date", sa.Date()),
        sa.Column("state", sa.String(40), nullable=False),
        _instant("ended_at", nullable=True),
        _instant("created_at"),
        _instant("updated_at"),
        _version(),
    )
    _index("tasks", "assignee", "id")
    _index("tasks", "assignee", "state", "due_date", "id")
    op.create_index(
        "tasks_of_facts_key",
        "tasks",
        ["tenant_id", "kind", "record_id"],
        unique=True,
        postgresql_where=sa.text("kind <> 'OWN'"),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
