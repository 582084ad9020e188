"""Approvals that a service asks for: its requests, and what the answers do to its records."""
