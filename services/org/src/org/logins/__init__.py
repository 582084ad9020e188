"""Logins (登录名): the names and secrets with which people and service clients request tokens."""
