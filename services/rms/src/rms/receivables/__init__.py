"""Receivables: what customers owe for what was shipped to them."""
