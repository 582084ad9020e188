"""Tokens: what the development issuer gives to people and service clients; never in production."""
