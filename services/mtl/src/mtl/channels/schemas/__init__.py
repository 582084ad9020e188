"""Request and response bodies of channels."""
