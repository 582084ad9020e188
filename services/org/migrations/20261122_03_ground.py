"""The ground under every resource: scope, lists, custom fields, audit."""

from chassis.database.migration_operations import audited, unaudited

revision = "org_ground"
down_revision = "org_walk"
branch_labels = None
depends_on = "backbone_tenants"


def upgrade() -> None:
    _audit()


def _audit() -> None:
    """After every change of columns: a generated one is left out of the entries."""
    audited("tenants", resource="org.tenant", key="tenant_id")
    audited("people", resource="org.person")
    audited("clients", resource="org.client")
    audited(
        "department_posts",
        resource="org.person",
        key="person_id",
        part="posts",
        part_key="department_id",
    )
    audited("person_leaves", resource="org.person", key="person_id", part="leaves")
    audited(
        "role_holders", resource="org.person", key="person_id", part="roles", part_key="role_id"
    )
    audited("departments", resource="org.department")
    audited("roles", resource="org.role")
    audited("teams", resource="org.team")
    audited(
        "team_members", resource="org.team", key="team_id", part="members", part_key="person_id"
    )
    audited("logins", resource="org.login", key="subject_id", secret=("secret_hash",))


def downgrade() -> None:
    unaudited("department_posts", "person_leaves", "role_holders", "departments", "roles")
    unaudited("teams", "team_members")
    unaudited("tenants", "people", "clients", "logins")
