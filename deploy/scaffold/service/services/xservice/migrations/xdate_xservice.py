"""The first migration of XSERVICE, which all later ones follow."""

revision = "xservice_xdate"
down_revision = None
branch_labels = ("xservice",)
depends_on = "xbackbone"


def upgrade() -> None:
    """The tables of the chassis, which every service has, come by `depends_on`."""


def downgrade() -> None:
    """Nothing was created."""
