"""Conversions (一转三): an account, a contact and an opportunity are created from a lead."""
