"""Approval flows (审批流程): who must approve what, as versions that administrators publish."""
