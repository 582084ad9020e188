"""People: who works for a tenant, and what each may do."""
