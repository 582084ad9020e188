"""Lead pages (线索详情): all that the page of one lead shows beside its timeline."""
