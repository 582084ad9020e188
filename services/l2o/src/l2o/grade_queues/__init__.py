"""The accounts that wait to be graded (待评级客户), because what their grade depends on changed."""
