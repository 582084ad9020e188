"""The tables of payments, allocations and returns, and their SQL."""
