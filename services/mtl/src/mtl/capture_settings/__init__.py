"""Capture settings (收录设置): how long a tenant keeps what senders handed in."""
