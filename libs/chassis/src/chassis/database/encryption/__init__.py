"""Encrypted columns: values are AES-GCM ciphertext at rest, found by keyed digests beside them."""
