"""Balances: what each customer owes, has paid, and has not yet been set against a debt."""
