"""Payments (收款): a replica of the payments of RMS, of which an account's totals are made."""
