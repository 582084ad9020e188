"""Balances: per account and currency, the amounts owed, settled, paid and unallocated."""
