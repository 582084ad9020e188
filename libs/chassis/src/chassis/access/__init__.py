"""Who sees which rows of a tenant, and why."""
