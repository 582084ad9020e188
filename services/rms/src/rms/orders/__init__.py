"""Orders: what customers ordered, from the accepted quote to the last shipment."""
