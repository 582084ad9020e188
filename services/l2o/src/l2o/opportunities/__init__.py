"""Opportunities (商机): what we hope to sell to an account, from first contact to won or lost."""
