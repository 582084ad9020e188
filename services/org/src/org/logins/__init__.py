"""Logins: the names and secrets with which people and service clients ask for a token."""
