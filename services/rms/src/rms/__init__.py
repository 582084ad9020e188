"""RMS, revenue management: orders, shipments, receivables and payments."""
