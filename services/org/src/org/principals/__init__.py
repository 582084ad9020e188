"""Principals (主体): what people and service clients may do now, and whose tokens are revoked."""
