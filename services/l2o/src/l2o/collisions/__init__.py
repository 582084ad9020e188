"""Collisions (撞单): accounts that may be the same company, and what a tenant does about them."""
