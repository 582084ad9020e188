"""Contacts (联系人): people at an account, one of whom is the primary contact."""
