"""Captures (收录): what senders hand in through channels, and what became of it."""
