"""Floor 1: settings, logs, the clock, the request context, texts, refusals, strict JSON."""
