"""Reconciliations: whether orders, receivables and payments add up."""
