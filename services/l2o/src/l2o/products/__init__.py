"""Products (产品): a replica of the products of CPQ, which opportunities refer to."""
