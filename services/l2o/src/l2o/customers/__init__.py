"""Customers (客户归属): an account and its contacts change hands together."""
