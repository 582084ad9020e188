-- The five databases and their three roles each, for docker-compose; production makes its own.
\set services 'org mtl l2o cpq rms'
SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', s || '_' || kind, 'l2c')
FROM unnest(string_to_array(:'services', ' ')) AS s, unnest(ARRAY['owner', 'app', 'worker']) AS kind \gexec
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING ''UTF8''', s, s || '_owner')
FROM unnest(string_to_array(:'services', ' ')) AS s \gexec
\c org
ALTER SCHEMA public OWNER TO org_owner;
GRANT USAGE ON SCHEMA public TO org_app, org_worker;
\c mtl
ALTER SCHEMA public OWNER TO mtl_owner;
GRANT USAGE ON SCHEMA public TO mtl_app, mtl_worker;
\c l2o
ALTER SCHEMA public OWNER TO l2o_owner;
GRANT USAGE ON SCHEMA public TO l2o_app, l2o_worker;
\c cpq
ALTER SCHEMA public OWNER TO cpq_owner;
GRANT USAGE ON SCHEMA public TO cpq_app, cpq_worker;
\c rms
ALTER SCHEMA public OWNER TO rms_owner;
GRANT USAGE ON SCHEMA public TO rms_app, rms_worker;
