"""Operations: work that continues after the response; the client follows it after a 202."""
