"""Products: a read copy of what CPQ sells; an opportunity names one."""
