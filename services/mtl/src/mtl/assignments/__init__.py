"""Assignment (线索分配): rules in order that say to whom a lead goes, and why."""
