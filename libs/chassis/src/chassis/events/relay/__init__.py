"""The relay ships outbox rows to Kafka, in order for each aggregate, without losing one."""
