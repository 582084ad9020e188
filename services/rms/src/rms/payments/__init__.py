"""Payments: money received, and which receivables it settles (write-off)."""
