"""Reads the leads, accounts and contacts that are like a lead."""
