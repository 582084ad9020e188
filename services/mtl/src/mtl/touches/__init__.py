"""Touches (触点): every contact of a lead's person with us, as it happened."""
