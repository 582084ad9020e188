"""Operations: what a client polls after 202 Accepted."""
