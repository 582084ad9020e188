"""The periods, bands and rates of which metrics consist. No I/O."""
