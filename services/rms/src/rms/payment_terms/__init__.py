"""Payment terms: when what was shipped is to be paid, and in how many instalments."""
