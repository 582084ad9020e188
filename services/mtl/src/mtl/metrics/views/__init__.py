"""Reads metrics from leads and their history: each by one aggregating statement."""
