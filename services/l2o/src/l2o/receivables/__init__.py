"""Receivables (应收): a replica of what customers owe in RMS, for an account's totals."""
