"""Exports: a list of records becomes a file."""
