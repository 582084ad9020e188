"""What the walk and the directory need beyond the first release."""

revision = "mtl_walk"
down_revision = "mtl_20261122"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
