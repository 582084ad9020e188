"""Accounts: a read copy of L2O's customers, with the fields that orders and payments need."""
