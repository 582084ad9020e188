"""Leads to opportunity: accounts, contacts and opportunities."""
