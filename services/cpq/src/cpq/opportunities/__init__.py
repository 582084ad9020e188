"""Opportunities: a read copy of what L2O sells to whom; a quote is made for one."""
