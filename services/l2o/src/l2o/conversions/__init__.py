"""Conversions (一转三): one account, one contact and one opportunity out of one lead."""
