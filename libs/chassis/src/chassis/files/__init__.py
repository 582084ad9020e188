"""Floor 7: reading and writing files: imports and exports."""
