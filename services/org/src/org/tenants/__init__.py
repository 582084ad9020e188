"""Tenants: the companies that share the system, each with settings of its own."""
