"""Quotes: a price offered to a customer for an opportunity, sent and accepted."""
