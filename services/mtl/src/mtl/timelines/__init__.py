"""Timelines (动态): all that happened to a lead, in one list."""
