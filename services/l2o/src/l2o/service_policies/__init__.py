"""Service policies (客户服务策略): how accounts are sold to, by whom, and how often reviewed."""
