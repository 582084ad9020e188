"""Market to lead: leads, their import and their conversion."""
