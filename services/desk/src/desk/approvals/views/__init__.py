"""Reads requests, their figures, and what flows would do with past ones."""
