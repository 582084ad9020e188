"""Accounts: a read copy of L2O's customer companies, for the name on a quote."""
