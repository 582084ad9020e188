"""Work for later: jobs in the business transaction, timers by the clock."""
