"""`make demo`: the lead-to-cash process on real data, through the public APIs only."""
