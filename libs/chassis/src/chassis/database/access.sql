-- Who may enter a service's database; for the launcher, for docker-compose (psql) and for tests.
-- Only its three roles may connect, and only the owner may create. Migrations grant the tables.
ALTER DATABASE :database OWNER TO :owner;
REVOKE ALL ON DATABASE :database FROM PUBLIC;
GRANT CONNECT ON DATABASE :database TO :app, :worker;
ALTER SCHEMA public OWNER TO :owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO :app, :worker;
