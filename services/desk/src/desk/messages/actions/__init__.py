"""The commands on messages: queue, send, try again, note bounces."""
