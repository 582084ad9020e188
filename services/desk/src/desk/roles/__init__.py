"""Roles (角色): who holds which, as a copy of org's, because flows ask the holders of roles."""
