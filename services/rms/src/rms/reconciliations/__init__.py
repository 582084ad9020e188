"""Reconciliations: a check that orders, receivables, payments and allocations add up."""
