"""Tenants (租户): the companies that share the system, each with its own settings."""
