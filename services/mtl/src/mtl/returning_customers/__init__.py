"""Returning customers (老客户): people whose lead was converted, recognized when they come back."""
