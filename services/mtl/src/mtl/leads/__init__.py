"""Leads (线索): people and companies who may buy, from first contact to conversion."""
