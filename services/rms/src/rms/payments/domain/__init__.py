"""Payments, their allocations and returns: rules without I/O."""
