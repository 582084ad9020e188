"""What can be done with an opportunity."""

from l2o.opportunities.actions.records import (
    OpportunityDetails,
    Standing,
    delete_opportunity,
    edit_opportunity,
    open_opportunity,
    restore_opportunity,
    transfer_opportunity,
)
from l2o.opportunities.actions.stages import (
    lose_opportunity,
    move_opportunity,
    win_by_order,
    win_opportunity,
)

__all__ = [
    "OpportunityDetails",
    "Standing",
    "delete_opportunity",
    "edit_opportunity",
    "lose_opportunity",
    "move_opportunity",
    "open_opportunity",
    "restore_opportunity",
    "transfer_opportunity",
    "win_by_order",
    "win_opportunity",
]
