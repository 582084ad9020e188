"""The commands on requests: opening, deciding, other moves, and what the clock does."""
