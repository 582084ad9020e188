"""Accounts: the customers L2O keeps, as far as orders and payments must know them."""
