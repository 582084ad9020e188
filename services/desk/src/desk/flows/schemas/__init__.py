"""Request and response bodies of flows."""
