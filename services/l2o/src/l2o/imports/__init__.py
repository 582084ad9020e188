"""Imports: accounts and opportunities out of files; chassis does the rest of it."""
