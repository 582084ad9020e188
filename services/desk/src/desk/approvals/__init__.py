"""Approvals (审批): requests of all services, on their way through the steps of their flow."""
