"""How alike leads, accounts and contacts are."""
