"""The tables of access: the replica of org's directory, grants, and changes of owners."""

from sqlalchemy import Boolean, Column, Date, Index, Integer, Table, Text, UniqueConstraint, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from chassis.database.backbone_tables import instant, metadata
from chassis.database.columns import replica_columns, tenant_column
from chassis.database.named_tables import EVERY_SERVICE, declare_named_table

people = Table(
    "directory_people",
    metadata,
    *replica_columns(),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False, info={"personal": "name"}),
    Column("active", Boolean, nullable=False),
    Column("manager_id", Uuid),
    Index(None, "tenant_id", "subject"),
)

# Since when the tokens of a subject count; subjects without a row have no revoked tokens.
principals = Table(
    "directory_principals",
    metadata,
    *replica_columns(),
    Column("subject", Text, nullable=False),
    instant("tokens_valid_from"),
    Index(None, "tenant_id", "subject"),
)

posts = Table(
    "directory_posts",
    metadata,
    tenant_column(),
    Column("person_id", Uuid, primary_key=True),
    Column("department_id", Uuid, primary_key=True),
    Column("title", Text),
    Column("is_primary", Boolean, nullable=False),
    Index(None, "tenant_id", "department_id", "person_id"),
)

leaves = Table(
    "directory_leaves",
    metadata,
    tenant_column(),
    Column("person_id", Uuid, primary_key=True),
    Column("from_date", Date, primary_key=True),
    Column("to_date", Date, nullable=False),
    Column("substitute_id", Uuid),
    Index(None, "tenant_id", "substitute_id"),
)

departments = Table(
    "directory_departments",
    metadata,
    *replica_columns(),
    Column("name", Text, nullable=False),
    Column("parent_id", Uuid),
    Column("manager_id", Uuid),
    Column("active", Boolean, nullable=False),
    Index(None, "tenant_id", "parent_id"),
    Index(None, "tenant_id", "manager_id"),
)

teams = Table(
    "directory_teams",
    metadata,
    *replica_columns(),
    Column("name", Text, nullable=False),
)

team_members = Table(
    "directory_team_members",
    metadata,
    tenant_column(),
    Column("team_id", Uuid, primary_key=True),
    Column("person_id", Uuid, primary_key=True),
    Index(None, "tenant_id", "person_id"),
)

# `until_date` is the first day without the grant.
grants = Table(
    "record_grants",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("via", Text, nullable=False),
    Column("grantee_kind", Text, nullable=False),
    Column("grantee_id", Uuid, nullable=False),
    Column("access", Text, nullable=False),
    Column("until_date", Date),
    Column("created_by", Text, nullable=False),
    instant("created_at"),
    Column("version", Integer, nullable=False, server_default="1"),
    UniqueConstraint("tenant_id", "resource", "record_id", "via", "grantee_id"),
    Index(None, "tenant_id", "resource", "grantee_id", "record_id"),
)

# The grants of records of other services, on which records of this one hang.
grant_copies = Table(
    "record_grant_copies",
    metadata,
    *replica_columns(),
    Column("resource", Text, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("via", Text, nullable=False),
    Column("grantee_kind", Text, nullable=False),
    Column("grantee_id", Uuid, nullable=False),
    Column("access", Text, nullable=False),
    Column("until_date", Date),
    Column("created_by", Text, nullable=False),
    instant("created_at"),
    Index(None, "tenant_id", "resource", "grantee_id", "record_id"),
    Index(None, "tenant_id", "resource", "record_id"),
)

owner_changes = Table(
    "owner_changes",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("resource", Text, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Column("from_owner_id", Text),
    Column("to_owner_id", Text),  # null: nobody owns the record any more
    Column("reason", Text),
    Column("cause", JSONB(none_as_null=True)),  # a reason of the service's own, as code and params
    Column("changed_by", Text, nullable=False),
    instant("changed_at"),
    Index(None, "tenant_id", "resource", "record_id", "id"),
)

for _resource, _table in (("person", people), ("department", departments), ("team", teams)):
    declare_named_table(EVERY_SERVICE, f"org.{_resource}", _table)
