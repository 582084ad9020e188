"""Conversions (转化): a lead becomes an account, a contact and an opportunity of L2O, or some."""
