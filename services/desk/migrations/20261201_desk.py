"""The first migration of DESK, which all later ones follow."""

revision = "desk_20261201"
down_revision = None
branch_labels = ("desk",)
depends_on = "backbone_20261129"


def upgrade() -> None:
    """The tables of the chassis, which every service has, come by `depends_on`."""


def downgrade() -> None:
    """Nothing was created."""
