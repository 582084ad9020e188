"""The tables of org: tenants, directory, sign-in, calendar, tasks and notifications."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import CURRENT_TENANT, tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, roles, secure, with_custom_fields
from chassis.records.lists.columns import sort_column

revision = "org_20261129"
down_revision = None
branch_labels = ("org",)
depends_on = "backbone_20261129"

TABLES = (
    "tenants",
    "tenant_tasks",
    "tenant_task_reports",
    "tenant_task_findings",
    "departments",
    "department_moves",
    "people",
    "department_posts",
    "person_leaves",
    "roles",
    "role_holders",
    "teams",
    "team_members",
    "clients",
    "principals",
    "sessions",
    "logins",
    "login_tries",
    "password_links",
    "calendar_days",
    "working_hours",
    "working_hours_departments",
    "notifications",
    "notification_preferences",
    "reminders",
    "tasks",
)


def upgrade() -> None:
    _tenants()
    _tenant_tasks()
    _tenant_task_reports()
    _tenant_task_findings()
    _departments()
    _department_moves()
    _people()
    _department_posts()
    _person_leaves()
    _roles()
    _role_holders()
    _teams()
    _team_members()
    _clients()
    _principals()
    _sessions()
    _logins()
    _login_tries()
    _password_links()
    _calendar_days()
    _working_hours()
    _working_hours_departments()
    _notifications()
    _notification_preferences()
    _reminders()
    _tasks()


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)


def _tenants() -> None:
    """Tenants and their settings."""
    op.create_table(
        "tenants",
        tenant_column(),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("languages", ARRAY(sa.Text()), nullable=False),
        sa.Column("default_tax_rate", sa.Numeric(9, 6), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("status", sa.String(40), nullable=False),
        sa.Column("tax_rounding", sa.String(40), nullable=False, server_default="LINE"),
        sa.Column(
            "separate_resources",
            ARRAY(sa.Text()),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
        sa.Column(
            "transferred_along",
            ARRAY(sa.Text()),
            nullable=False,
            server_default=sa.text("'{}'"),
        ),
        sa.Column("quotas", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("name", "status", "country", "currency", "created_at", "updated_at"):
        index("tenants", column, "tenant_id")
    secure("tenants")
    audited("tenants", resource="org.tenant", key="tenant_id")
    app, _worker = roles()
    # Operators list all tenants; the API sets `app.operator` after it has checked their scope.
    op.execute(
        f"CREATE POLICY operator_reads ON tenants FOR SELECT TO {app}"
        " USING (current_setting('app.operator', true) = 'on')"
    )


def _tenant_tasks() -> None:
    """Work that every service does for a tenant: erasing a person, export, deletion."""
    op.create_table(
        "tenant_tasks",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("requested_by", sa.Text()),
        instant("created_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("kind", "target_id", "requested_by", "created_at"):
        index("tenant_tasks", "tenant_id", column, "id")
    secure("tenant_tasks")
    audited("tenant_tasks", resource="org.tenant_task")


def _tenant_task_reports() -> None:
    """What each service reported about a tenant task."""
    op.create_table(
        "tenant_task_reports",
        tenant_column(),
        sa.Column("task_id", sa.Uuid(), primary_key=True),
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("tables", JSONB(), nullable=False),
        sa.Column("notes", JSONB(), nullable=False),
        instant("finished_at"),
    )
    secure("tenant_task_reports")


def _tenant_task_findings() -> None:
    """What the services found of a person to erase, until all of them have reported."""
    op.create_table(
        "tenant_task_findings",
        tenant_column(),
        sa.Column("task_id", sa.Uuid(), primary_key=True),
        sa.Column("service", sa.Text(), primary_key=True),
        sa.Column("person", JSONB(), nullable=False),
    )
    secure("tenant_task_findings")


def _departments() -> None:
    """Departments, in a tree."""
    op.create_table(
        "departments",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("parent_id", sa.Uuid()),
        sa.Column("manager_id", sa.Uuid()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("name", "code", "parent_id", "manager_id", "active", "created_at", "updated_at"):
        index("departments", "tenant_id", column, "id")
    index("departments", "tenant_id", "code", unique=True)
    index(
        "departments",
        "tenant_id",
        "id",
        where="deleted_at IS NOT NULL",
        name="ix_departments_deleted",
    )
    secure("departments")
    audited("departments", resource="org.department")
    with_custom_fields("departments", resource="org.department")


def _department_moves() -> None:
    """The history of departments under another parent."""
    op.create_table(
        "department_moves",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("department_id", sa.Uuid(), nullable=False),
        sa.Column("from_parent_id", sa.Uuid()),
        sa.Column("to_parent_id", sa.Uuid()),
        sa.Column("reason", sa.Text()),
        sa.Column("moved_by", sa.Text(), nullable=False),
        instant("moved_at"),
    )
    index("department_moves", "tenant_id", "department_id", "id")
    secure("department_moves", append_only=True)


def _people() -> None:
    """People of a tenant."""
    op.create_table(
        "people",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column(
            "former_subjects", ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text()),
        sa.Column("phone", sa.Text()),
        sa.Column("username", sa.Text()),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        sa.Column("manager_id", sa.Uuid()),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in (
        "subject",
        "name",
        "email",
        "phone",
        "username",
        "manager_id",
        "active",
        "created_at",
        "updated_at",
    ):
        index("people", "tenant_id", column, "id")
    index("people", "tenant_id", "subject", unique=True)
    secure("people")
    audited("people", resource="org.person")
    with_custom_fields("people", resource="org.person")


def _department_posts() -> None:
    """Which person works in which department."""
    op.create_table(
        "department_posts",
        tenant_column(),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("department_id", sa.Uuid(), primary_key=True),
        sa.Column("title", sa.Text()),
        sa.Column("primary", sa.Boolean(), nullable=False),
    )
    index("department_posts", "tenant_id", "department_id", "person_id")
    secure("department_posts")
    audited(
        "department_posts",
        resource="org.person",
        key="person_id",
        part="posts",
        part_key="department_id",
    )


def _person_leaves() -> None:
    """When people are absent and who substitutes for them."""
    op.create_table(
        "person_leaves",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("from_date", sa.Date(), nullable=False),
        sa.Column("to_date", sa.Date(), nullable=False),
        sa.Column("substitute_id", sa.Uuid()),
    )
    index("person_leaves", "tenant_id", "person_id", "from_date")
    secure("person_leaves")
    audited("person_leaves", resource="org.person", key="person_id", part="leaves")


def _roles() -> None:
    """Roles: named sets of scopes."""
    op.create_table(
        "roles",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        sa.Column("built_in", sa.Boolean(), nullable=False),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("code", "name", "built_in", "created_at", "updated_at"):
        index("roles", "tenant_id", column, "id")
    index("roles", "tenant_id", "code", unique=True)
    index(
        "roles",
        "tenant_id",
        "id",
        where="deleted_at IS NOT NULL",
        name="ix_roles_deleted",
    )
    secure("roles")
    audited("roles", resource="org.role")
    with_custom_fields("roles", resource="org.role")


def _role_holders() -> None:
    """Which person has which role."""
    op.create_table(
        "role_holders",
        tenant_column(),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
        sa.Column("role_id", sa.Uuid(), primary_key=True),
    )
    index("role_holders", "tenant_id", "role_id", "person_id")
    secure("role_holders")
    audited(
        "role_holders", resource="org.person", key="person_id", part="roles", part_key="role_id"
    )


def _teams() -> None:
    op.create_table(
        "teams",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("name", "created_at", "updated_at"):
        index("teams", "tenant_id", column, "id")
    index(
        "teams",
        "tenant_id",
        "id",
        where="deleted_at IS NOT NULL",
        name="ix_teams_deleted",
    )
    secure("teams")
    audited("teams", resource="org.team")
    with_custom_fields("teams", resource="org.team")


def _team_members() -> None:
    """Which person is a member of which team."""
    op.create_table(
        "team_members",
        tenant_column(),
        sa.Column("team_id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), primary_key=True),
    )
    index("team_members", "tenant_id", "person_id", "team_id")
    secure("team_members")
    audited(
        "team_members", resource="org.team", key="team_id", part="members", part_key="person_id"
    )


def _clients() -> None:
    """Clients: programs that call the APIs."""
    op.create_table(
        "clients",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        instant("rotated_at", nullable=True),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("client_id", "name", "active", "created_at", "updated_at"):
        index("clients", "tenant_id", column, "id")
    secure("clients")
    audited("clients", resource="org.client")


def _principals() -> None:
    """Since when the tokens of a person or service client count, after rights were withdrawn."""
    op.create_table(
        "principals",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subject", sa.Text(), nullable=False),
        instant("tokens_valid_from"),
        instant("sessions_valid_from", nullable=True),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index("principals", "tenant_id", "subject", unique=True)
    secure("principals")
    audited("principals", resource="org.principal")


def _sessions() -> None:
    """Where people are signed in; of their refresh tokens only a digest."""
    op.create_table(
        "sessions",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("device", sa.Text()),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        instant("rotated_at"),
        instant("created_at"),
        instant("last_used_at"),
        instant("expires_at"),
        instant("ended_at", nullable=True),
        sa.Column("ended_because", sa.String(40)),
    )
    index("sessions", "tenant_id", "person_id", "last_used_at")
    index("sessions", "tenant_id", "expires_at")
    secure("sessions")
    # A refresh is no change of the session; its start and its end are.
    audited(
        "sessions",
        resource="org.session",
        noise=("number", "token_hash", "rotated_at", "last_used_at"),
        secret=("token_hash",),
    )


def _logins() -> None:
    """The user names and secrets of people and clients, over all tenants."""
    op.create_table(
        "logins",
        sa.Column("login", sa.Text(), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(CURRENT_TENANT)),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
    )
    index("logins", "tenant_id", "subject_id")
    audited("logins", resource="org.login", key="subject_id", secret=("secret_hash",))
    app, worker = roles()
    # No policy: a request for a token has no tenant yet.
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON logins TO {app}")
    # The worker erases people and deletes tenants; its statements name the tenant.
    op.execute(f"GRANT SELECT, DELETE ON logins TO {worker}")


def _login_tries() -> None:
    """Failed sign-ins, counted by login and source address."""
    op.create_table(
        "login_tries",
        sa.Column("login", sa.Text(), primary_key=True),
        sa.Column("source", sa.Text(), primary_key=True),
        sa.Column("failed", sa.Integer(), nullable=False),
        instant("failed_at", nullable=True),
        instant("proven_at", nullable=True),
        instant("stale_at"),
    )
    index("login_tries", "stale_at")
    app, _worker = roles()
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON login_tries TO {app}")


def _password_links() -> None:
    """Links to set a password, stored as digests."""
    op.create_table(
        "password_links",
        sa.Column("digest", sa.Text(), primary_key=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("tenant_id", sa.Uuid(), nullable=False, server_default=sa.text(CURRENT_TENANT)),
        sa.Column("purpose", sa.String(40), nullable=False),
        sa.Column("origin", sa.String(40), nullable=False),
        instant("expires_at"),
        sa.Column("issued_by", sa.Text()),
    )
    index("password_links", "login")
    index("password_links", "tenant_id")
    app, worker = roles()
    # No policy: whoever opens a link is not signed in. The worker deletes a tenant's links.
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON password_links TO {app}")
    op.execute(f"GRANT SELECT, DELETE ON password_links TO {worker}")


def _calendar_days() -> None:
    """A tenant's own holidays and working days."""
    op.create_table(
        "calendar_days",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("department_id", sa.Uuid()),
        sa.Column("working", sa.Boolean(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index(
        "calendar_days",
        "tenant_id",
        "date",
        "department_id",
        unique=True,
        nulls_not_distinct=True,
    )
    secure("calendar_days")
    audited("calendar_days", resource="org.calendar")


def _working_hours() -> None:
    """Shifts of a week and own days, with breaks."""
    op.create_table(
        "working_hours",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text()),
        sa.Column("week", JSONB(), nullable=False),
        sa.Column("own_days", JSONB(), nullable=False),
        sa.Column("follows_calendar", sa.Boolean(), nullable=False),
        sa.Column("make_up_weekday", sa.String(40), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("custom_fields", JSONB(), nullable=False, server_default=sa.text("'{}'")),
        instant("created_at"),
        instant("updated_at"),
        instant("deleted_at", nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    for column in ("name", "created_at", "updated_at"):
        index("working_hours", "tenant_id", column, "id")
    index(
        "working_hours",
        "tenant_id",
        unique=True,
        where="is_default",
        name="ix_working_hours_default",
    )
    index(
        "working_hours",
        "tenant_id",
        "id",
        where="deleted_at IS NOT NULL",
        name="ix_working_hours_deleted",
    )
    secure("working_hours")
    audited("working_hours", resource="org.working_hours")
    with_custom_fields("working_hours", resource="org.working_hours")


def _working_hours_departments() -> None:
    """Which working hours a department has of its own."""
    op.create_table(
        "working_hours_departments",
        tenant_column(),
        sa.Column("department_id", sa.Uuid(), primary_key=True),
        sa.Column("working_hours_id", sa.Uuid(), nullable=False),
    )
    index(
        "working_hours_departments",
        "tenant_id",
        "working_hours_id",
        "department_id",
        name="ix_working_hours_departments_hours",
    )
    secure("working_hours_departments")
    audited(
        "working_hours_departments",
        resource="org.working_hours",
        key="working_hours_id",
        part="departments",
        part_key="department_id",
    )


def _notifications() -> None:
    """Notifications of people."""
    op.create_table(
        "notifications",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", JSONB(), nullable=False),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("resource", sa.Text()),
        sa.Column("record_id", sa.Uuid()),
        instant("read_at", nullable=True),
        instant("occurred_at"),
        instant("created_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index("notifications", "tenant_id", "recipient", "id")
    index("notifications", "tenant_id", "recipient", "kind", "id")
    index(
        "notifications",
        "tenant_id",
        "recipient",
        "id",
        where="read_at IS NULL",
        name="ix_notifications_unread",
    )
    secure("notifications")


def _notification_preferences() -> None:
    """Which kinds of notification a person wants to see."""
    op.create_table(
        "notification_preferences",
        tenant_column(),
        sa.Column("recipient", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), primary_key=True),
        sa.Column("in_app", sa.Boolean(), nullable=False),
    )
    secure("notification_preferences")


def _reminders() -> None:
    """Reminders that people set for themselves."""
    op.create_table(
        "reminders",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("template", JSONB()),
        sa.Column("params", JSONB(), nullable=False),
        instant("remind_at"),
        sa.Column("resource", sa.Text()),
        sa.Column("record_id", sa.Uuid()),
        instant("sent_at", nullable=True),
        instant("settled_at", nullable=True),
        sa.Column("work_epoch", sa.Integer()),
        sa.Column("work_sequence", sa.Integer()),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index("reminders", "tenant_id", "owner_id", "id")
    index(
        "reminders",
        "tenant_id",
        "kind",
        "record_id",
        unique=True,
        where="kind <> 'OWN'",
        name="reminders_of_facts_key",
    )
    secure("reminders")
    audited("reminders", resource="org.reminder")


def _tasks() -> None:
    """Tasks of people: their own, and those made from events."""
    op.create_table(
        "tasks",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("assignee", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text()),
        sa.Column("text", JSONB()),
        sa.Column("params", JSONB(), nullable=False),
        sa.Column("resource", sa.Text()),
        sa.Column("record_id", sa.Uuid()),
        sa.Column("due_date", sa.Date()),
        sort_column("due_date", sa.Date()),
        sa.Column("state", sa.String(40), nullable=False),
        instant("ended_at", nullable=True),
        sa.Column("work_epoch", sa.Integer()),
        sa.Column("work_sequence", sa.Integer()),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    index("tasks", "tenant_id", "assignee", "id")
    index("tasks", "tenant_id", "assignee", "state", "due_date", "id")
    index(
        "tasks",
        "tenant_id",
        "kind",
        "record_id",
        unique=True,
        where="kind <> 'OWN'",
        name="tasks_of_facts_key",
    )
    secure("tasks")
    audited("tasks", resource="org.task")
