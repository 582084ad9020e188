"""Floor 6: tenants: admission of requests, quotas, export, erasure of a person, deletion."""
