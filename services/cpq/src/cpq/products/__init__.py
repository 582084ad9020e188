"""Products: what the tenant sells, known by its SKU."""
