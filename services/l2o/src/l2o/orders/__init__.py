"""Orders (订单): a replica of the orders of RMS, of which an account's totals are made."""
