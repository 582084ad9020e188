"""Events out: outbox rows to the transport, in order, losing none."""
