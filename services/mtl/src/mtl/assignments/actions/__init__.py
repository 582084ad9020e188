"""The commands of assignment: `planning` says who gets which lead, `running` gives them."""
