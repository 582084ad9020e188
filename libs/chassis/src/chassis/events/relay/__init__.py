"""The relay publishes outbox rows to Kafka: in order per aggregate, at least once."""
