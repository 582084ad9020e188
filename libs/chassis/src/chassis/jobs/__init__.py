"""Floor 3: background work: a queue of jobs in the database, its runner, and timers."""
