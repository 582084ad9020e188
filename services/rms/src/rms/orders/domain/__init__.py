"""Orders, their lines, tax, shipments, amendments and cancellations: rules without I/O."""
