"""The rules of files: their states, their parts, ranges of bytes, and how ciphertext is cut."""
