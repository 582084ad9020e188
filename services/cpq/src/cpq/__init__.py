"""Configure, price, quote: what is sold, at which price, and what was offered to whom."""
