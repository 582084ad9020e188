"""Flows, who their steps ask, and what is wrong with a flow that is to be saved."""
