"""Floor 4, HTTP: authentication, request transactions, problems, pages, idempotency."""
