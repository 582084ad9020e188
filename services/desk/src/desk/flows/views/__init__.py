"""Reads for flows: whom their steps can ask, and what they would do with past requests."""
