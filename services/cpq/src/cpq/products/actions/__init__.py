"""The commands on products: their life cycle, and their import from files."""
