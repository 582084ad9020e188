"""The rules of leads: details, keys, the lifecycle and conversion. No I/O."""
