"""Events in: each applied once, a hopeless one parked with its key."""
