#!/bin/sh
# Runs once, when the volume is new: makes the shop's database and a role that owns it, and nothing else. The
# superuser keeps no password, so that only somebody inside the container is let in as `postgres`.
set -eu

psql --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\getenv password POSTGRES_PASSWORD
CREATE ROLE oms LOGIN PASSWORD :'password';
CREATE DATABASE oms OWNER oms;
ALTER ROLE postgres PASSWORD NULL;
SQL
