"""Roles: sets of scopes under a name; some come with every tenant, others are its own."""
