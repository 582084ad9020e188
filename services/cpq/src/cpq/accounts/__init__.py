"""Accounts: a read copy of L2O's customer companies; a quote shows the account's name."""
