"""Roles (角色): named sets of scopes; some are built in, others are the tenant's own."""
