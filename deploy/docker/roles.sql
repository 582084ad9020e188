-- A database and three roles for every service, for docker-compose; production makes its own.
-- A new service is two more lines here, and three addresses in docker-compose.yml.
\ir access/server.sql
\set service org
\ir access/service.sql
\set service mtl
\ir access/service.sql
\set service l2o
\ir access/service.sql
\set service cpq
\ir access/service.sql
\set service rms
\ir access/service.sql
\set service desk
\ir access/service.sql
