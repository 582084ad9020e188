"""Changes of many leads that a query of the list selects: tried, made in the background, undone."""
