"""Consents (同意): by which contact points and media people let themselves be contacted."""
