"""Recycling (回收): leads that nobody follows up in time fall back from their owners."""
