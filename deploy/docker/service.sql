-- The database and the three roles of one :service.
\set database :service
\set owner :service _owner
\set app :service _app
\set worker :service _worker
CREATE ROLE :owner LOGIN PASSWORD 'l2c';
CREATE ROLE :app LOGIN PASSWORD 'l2c';
CREATE ROLE :worker LOGIN PASSWORD 'l2c';
CREATE DATABASE :database OWNER :owner TEMPLATE template0 ENCODING 'UTF8';
\connect :database
\ir access.sql
