"""Custom fields: a tenant adds fields of its own to a resource."""
