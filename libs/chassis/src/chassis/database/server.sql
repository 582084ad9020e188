-- The databases that belong to no service; for the launcher and for docker-compose (psql), once.
-- PostgreSQL lets every role connect to them; only superusers need to.
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
