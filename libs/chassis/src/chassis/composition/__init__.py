"""Floor 8: puts the floors together: the API application, the worker, the processes."""
