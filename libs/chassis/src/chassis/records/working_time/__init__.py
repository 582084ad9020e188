"""Working time: copies of working hours and own days, and deadlines that are measured by them."""
