"""Products: what the tenant sells, each with its SKU."""
