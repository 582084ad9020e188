"""Response bodies of duplicates."""
