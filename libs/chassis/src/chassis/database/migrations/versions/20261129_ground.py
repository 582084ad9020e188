"""All tables and trigger functions of the chassis; every service's database has them."""

from chassis.database.migration_operations import grant_readiness
from chassis.database.migrations.ground import (
    access,
    access_keys,
    approvals,
    attachments,
    audit,
    copies,
    custom_fields,
    events,
    imports,
    lists,
    messages,
    requests,
    tenants,
    work,
    working_time,
)

revision = "backbone_20261129"
down_revision = None
branch_labels = ("backbone",)
depends_on = None


def upgrade() -> None:
    audit.create()  # first: triggers on the tables of other topics call its function
    events.create()
    copies.create()
    requests.create()
    tenants.create()
    access.create()
    lists.create()
    custom_fields.create()
    imports.create()
    work.create()
    access_keys.create()
    working_time.create()
    approvals.create()
    attachments.create()
    messages.create()
    grant_readiness()


def downgrade() -> None:
    messages.drop()
    attachments.drop()
    approvals.drop()
    working_time.drop()
    access_keys.drop()
    work.drop()
    imports.drop()
    custom_fields.drop()
    lists.drop()
    access.drop()
    tenants.drop()
    requests.drop()
    copies.drop()
    events.drop()
    audit.drop()
