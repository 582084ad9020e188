"""Price books: the list prices and quantity tiers of products, in one currency, for a period."""
