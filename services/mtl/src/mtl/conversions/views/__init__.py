"""Reads over other features that a conversion needs."""
