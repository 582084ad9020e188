"""How a quote is priced, put together and moved on; pure."""
