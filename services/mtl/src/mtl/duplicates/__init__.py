"""Leads that may be the same as another one: by phone, mail and external id, company and person."""
