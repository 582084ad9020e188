"""Work about records: tasks and notices that a service raises, and org shows to people."""
