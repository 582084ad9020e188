"""Passwords of the development issuer: set by invitation, reset by a link, changed by oneself."""
