"""Accounts and contacts as master data: more fields, further points, addresses, external ids."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database.backbone_tables import instant
from chassis.database.columns import tenant_column
from chassis.database.ddl import index
from chassis.database.migration_operations import audited, secure
from chassis.records.lists.columns import sort_column

revision = "l2o_20261201_accounts"
down_revision = "l2o_20261129"
branch_labels = None
depends_on = None

TEXTS = (
    "uscc",
    "legal_representative",
    "region_code",
    "website",
    "currency",
    "language",
    "payment_term_code",
    "description",
)
INDEXED = (
    "uscc",
    "region_code",
    "currency",
    "payment_term_code",
    "industry_section",
    "company_size",
    "email_digest",
    "employees_sort",
)
COLLISION_KEYS = (
    "uscc",
    "name",
    "phone",
    "email",
    "website",
    "similar_name",
    "contact_phone",
    "contact_email",
)
# The external ids have a table, which is audited; the record holds them for its readers.
NOISE = ("version", "updated_at", "external_ids")


def upgrade() -> None:
    _external_ids()
    _accounts()
    _points("account")
    _points("contact")
    _addresses()
    audited("accounts", resource="l2o.account", noise=(*NOISE, "name_key"), encrypted=("email",))
    audited("contacts", resource="l2o.contact", noise=NOISE, encrypted=("phone", "email"))
    audited("opportunities", resource="l2o.opportunity", noise=NOISE)
    _known_external_ids()
    _collision_policies()


def downgrade() -> None:
    for table in ("collision_policies", "account_addresses", "contact_points", "account_points"):
        op.drop_table(table)
    for table in ("opportunities", "contacts", "accounts"):
        op.drop_column(table, "external_ids")
    for column in ("employees_sort", "email_digest", "email", "company_size", "industry_section"):
        op.drop_column("accounts", column)
    for column in (*TEXTS, "kinds"):
        op.drop_column("accounts", column)
    audited("accounts", resource="l2o.account", noise=("version", "updated_at", "name_key"))
    audited("contacts", resource="l2o.contact", encrypted=("phone", "email"))
    audited("opportunities", resource="l2o.opportunity")


def _external_ids() -> None:
    """Records hold what other systems call them."""
    for table in ("accounts", "contacts", "opportunities"):
        none = sa.text("'[]'")
        op.add_column(
            table, sa.Column("external_ids", JSONB(), nullable=False, server_default=none)
        )


def _known_external_ids() -> None:
    """Copy those that are known already into their records."""
    for table, resource in (
        ("accounts", "l2o.account"),
        ("contacts", "l2o.contact"),
        ("opportunities", "l2o.opportunity"),
    ):
        op.execute(
            sa.text(
                f"UPDATE {table} SET external_ids = known.ids FROM ("  # noqa: S608  # our own tables
                " SELECT tenant_id, record_id, jsonb_agg(jsonb_build_object("
                "   'system', system, 'external_id', external_id) ORDER BY system, external_id)"
                "   AS ids FROM external_ids WHERE resource = :resource"
                "   GROUP BY tenant_id, record_id) AS known"
                f" WHERE {table}.tenant_id = known.tenant_id AND {table}.id = known.record_id"
            ).bindparams(resource=resource)
        )


def _accounts() -> None:
    """All accounts so far were customers."""
    customer = sa.text("'{CUSTOMER}'")
    op.add_column(
        "accounts",
        sa.Column("kinds", ARRAY(sa.Text()), nullable=False, server_default=customer),
    )
    op.alter_column("accounts", "kinds", server_default=sa.text("'{}'"))
    for name in TEXTS:
        op.add_column("accounts", sa.Column(name, sa.Text()))
    for name in ("industry_section", "company_size"):
        op.add_column("accounts", sa.Column(name, sa.String(40)))
    for name in ("email", "email_digest"):
        op.add_column("accounts", sa.Column(name, sa.LargeBinary()))
    op.add_column("accounts", sort_column("employees", sa.Double()))
    for column in INDEXED:
        index("accounts", "tenant_id", column, "id")


def _points(record: str) -> None:
    """Further numbers, mail addresses and websites of a record."""
    table, parent = f"{record}_points", f"{record}_id"
    op.create_table(
        table,
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("medium", sa.String(40), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("phone", sa.LargeBinary()),
        sa.Column("phone_digest", sa.LargeBinary()),
        sa.Column("email", sa.LargeBinary()),
        sa.Column("email_digest", sa.LargeBinary()),
        sa.Column("website", sa.Text()),
        sa.Column(parent, sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", parent], [f"{record}s.tenant_id", f"{record}s.id"], ondelete="CASCADE"
        ),
    )
    index(table, "tenant_id", parent, "position")
    index(table, "tenant_id", "phone_digest")
    index(table, "tenant_id", "email_digest")
    secure(table)
    audited(
        table,
        resource=f"l2o.{record}",
        key=parent,
        part="points",
        noise=("position",),
        encrypted=("phone", "email"),
    )


def _addresses() -> None:
    """Addresses of accounts, each for a purpose."""
    op.create_table(
        "account_addresses",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("country", sa.Text()),
        sa.Column("region_code", sa.Text()),
        sa.Column("address", sa.Text()),
        sa.Column("postal_code", sa.Text()),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "account_id"],
            ["accounts.tenant_id", "accounts.id"],
            ondelete="CASCADE",
        ),
    )
    index("account_addresses", "tenant_id", "account_id", "position")
    secure("account_addresses")
    audited(
        "account_addresses",
        resource="l2o.account",
        key="account_id",
        part="addresses",
        noise=("position",),
    )


def _collision_policies() -> None:
    """What a tenant does about accounts that are there already."""
    op.create_table(
        "collision_policies",
        tenant_column(),
        sa.Column("id", sa.Uuid(), primary_key=True),
        *(sa.Column(name, sa.String(40), nullable=False) for name in COLLISION_KEYS),
        instant("created_at"),
        instant("updated_at"),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    secure("collision_policies")
    audited("collision_policies", resource="l2o.collision_policy")
