"""Leads: people and companies who may buy, from the first touch to the conversion."""
