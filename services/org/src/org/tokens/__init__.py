"""Tokens (访问令牌): the development issuer for people and clients; never used in production."""
