"""Working hours (工作时间): shifts, breaks and own days, and the departments they apply to."""
