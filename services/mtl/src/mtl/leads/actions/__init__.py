"""The commands on leads: `records` captures and edits them, `moves` changes their status."""
