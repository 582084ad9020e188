"""Tenant tasks (租户任务): exports, erasures and deletions that all services carry out."""
