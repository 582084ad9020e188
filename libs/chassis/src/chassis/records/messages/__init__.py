"""Messages to the outside that a service asks desk for, and what became of them."""
