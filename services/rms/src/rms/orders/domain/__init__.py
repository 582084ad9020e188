"""What orders may do and what their parts are worth."""
