"""What a client sees of a flow that another service finishes."""
