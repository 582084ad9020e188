"""Market to lead: who may buy, from the first touch to the conversion."""
