"""Imports: products and their list prices, taken in from files."""
