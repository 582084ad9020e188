"""Quotes: prices offered to a customer for an opportunity, sent, and accepted or rejected."""
