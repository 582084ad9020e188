"""Document numbers, gapless or fast, in the format a tenant chooses."""
