"""Tenant tasks: what all services do together for a tenant: export, erase a person, delete it."""
