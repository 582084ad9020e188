"""Commands that record, allocate, reverse, refund, edit and transfer payments."""
