-- A database and three roles for every service, for docker-compose; production makes its own.
-- A new service is one more word here, and three addresses in docker-compose.yml.
\set services 'org mtl l2o cpq rms'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', s || '_' || kind, 'l2c')
FROM unnest(string_to_array(:'services', ' ')) AS s, unnest(ARRAY['owner', 'app', 'worker']) AS kind \gexec
-- Since PostgreSQL 15 the owner of a database owns its schema `public`, and others may only use it.
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8''', s, s || '_owner')
FROM unnest(string_to_array(:'services', ' ')) AS s \gexec
-- Only a service's own roles reach its database, as under the launcher (a test compares the two).
SELECT format(statement, s)
FROM unnest(string_to_array(:'services', ' ')) AS s, unnest(ARRAY[
  'ALTER DATABASE %1$s OWNER TO %1$s_owner',
  'REVOKE ALL ON DATABASE %1$s FROM PUBLIC',
  'GRANT CONNECT ON DATABASE %1$s TO %1$s_app, %1$s_worker'
]) AS statement \gexec
