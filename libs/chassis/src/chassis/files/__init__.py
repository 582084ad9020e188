"""Floor 7: files in and out: imports and exports."""
