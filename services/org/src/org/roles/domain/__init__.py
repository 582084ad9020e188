"""Roles, and the built-in roles that every tenant has."""
