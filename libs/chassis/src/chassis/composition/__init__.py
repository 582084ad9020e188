"""Floor 8: combines the floors into the API application, the worker and their processes."""
