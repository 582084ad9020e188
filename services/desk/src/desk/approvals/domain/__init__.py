"""A request for approval, its seats, its history, and what it does to the steps of its flow."""
