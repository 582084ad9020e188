"""Leads to opportunity: accounts, contacts and what we hope to sell to them."""
