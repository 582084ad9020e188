"""The ground under every resource: scope, lists, custom fields, audit."""

from chassis.policies import audited, unaudited

revision = "l2o_ground"
down_revision = "l2o_walk"
branch_labels = None
depends_on = "backbone_tenants"


def upgrade() -> None:
    _audit()


def _audit() -> None:
    """After every change of columns: a generated one is left out of the entries."""
    audited("accounts", resource="l2o.account")
    audited("contacts", resource="l2o.contact")
    audited("opportunities", resource="l2o.opportunity")


def downgrade() -> None:
    unaudited("accounts", "contacts", "opportunities")
