"""Floor 3: the event backbone: envelope, outbox, relay, subscriptions, consumer, replicas."""
