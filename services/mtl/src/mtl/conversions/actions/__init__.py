"""The commands of conversions: `conversions` follows one to its end, `mappings` publishes rules."""
