"""Contacts (联系人): the people at an account."""
