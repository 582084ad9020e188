"""Lists a resource declares once: filters, sorts, words, saved views, and their indexes."""
