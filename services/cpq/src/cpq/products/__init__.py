"""Products: what the tenant sells, each known by its SKU."""
