"""The ground under every resource: scope, lists, custom fields, audit."""

from chassis.policies import audited, unaudited

revision = "rms_ground"
down_revision = "rms_walk"
branch_labels = None
depends_on = "backbone_tenants"


def upgrade() -> None:
    _audit()


def _audit() -> None:
    """After every change of columns: a generated one is left out of the entries."""
    audited("orders", resource="rms.order")
    audited("order_lines", resource="rms.order", key="order_id", part="lines")
    audited("shipments", resource="rms.order", key="order_id", part="shipments")
    audited("receivables", resource="rms.receivable")
    audited("payments", resource="rms.payment")
    audited("allocations", resource="rms.payment", key="payment_id", part="allocations")
    audited("payment_returns", resource="rms.payment", key="payment_id", part="returns")
    audited("order_cancellations", resource="rms.order", key="order_id", part="cancellations")
    audited("payment_terms", resource="rms.payment_term")


def downgrade() -> None:
    unaudited("orders", "order_lines", "shipments", "receivables", "payments", "allocations")
    unaudited("payment_returns", "order_cancellations", "payment_terms")
