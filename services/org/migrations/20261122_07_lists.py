"""Lists of the directory with their indexes, custom fields, and tasks sorted by due date."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.migration_operations import audited, with_custom_fields, without_custom_fields
from chassis.records.lists.columns import sort_column
from chassis.records.search.backfill import give_words

revision = "org_lists"
down_revision = "org_tenants"
branch_labels = None
depends_on = None

DATED = ("created_at", "updated_at")
INDEXED = {
    "clients": ("client_id", "name", "active", *DATED),
    "departments": ("code", "active", *DATED),
    "people": ("email", "phone", "username", "subject", "active", *DATED),
    "roles": ("code", "name", "built_in", *DATED),
    "teams": ("name", *DATED),
}
WITH_FIELDS = {"people": "org.person", "departments": "org.department"}
WORDS = {
    "people": ("org.person", ("name", "email", "phone", "username")),
    "departments": ("org.department", ("name", "code")),
    "roles": ("org.role", ("name", "code")),
    "teams": ("org.team", ("name",)),
    "clients": ("org.client", ("name", "client_id")),
}


def _indexes() -> Iterator[tuple[str, str, str]]:
    for table, columns in INDEXED.items():
        for column in columns:
            yield f"ix_{table}_tenant_id_{column}_id", table, column


def upgrade() -> None:
    none = sa.text("'{}'")
    for table, resource in WITH_FIELDS.items():
        fields = sa.Column("custom_fields", JSONB(), nullable=False, server_default=none)
        op.add_column(table, fields)
        with_custom_fields(table, resource=resource)
    op.add_column("tasks", sort_column("due_date", sa.Date()))
    audited("tasks", resource="org.task")  # anew: without the generated column
    for name, table, column in _indexes():
        op.create_index(name, table, ["tenant_id", column, "id"])
    for table, (resource, columns) in WORDS.items():
        give_words(table, resource=resource, columns=columns)


def downgrade() -> None:
    for name, table, _ in _indexes():
        op.drop_index(name, table)
    op.drop_column("tasks", "due_date_sort")
    audited("tasks", resource="org.task")
    without_custom_fields(*WITH_FIELDS)
    for table in WITH_FIELDS:
        op.drop_column(table, "custom_fields")
