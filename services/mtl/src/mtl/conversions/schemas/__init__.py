"""Request and response bodies of conversions, of their mapping, and of proposals."""
