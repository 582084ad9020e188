"""Access keys: access to one record for one purpose without a token, as by a link or a callback."""
