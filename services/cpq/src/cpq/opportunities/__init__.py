"""Opportunities: a read copy of L2O's opportunities; every quote is made for one of them."""
