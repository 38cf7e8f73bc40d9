#!/bin/sh
# Runs once, when the volume is new: creates the shop's database and a role that owns only that. The superuser's
# password is removed, so that `postgres` can log in only from inside the container.
set -eu

psql --no-psqlrc --set ON_ERROR_STOP=1 --username postgres --dbname postgres <<'SQL'
\getenv password POSTGRES_PASSWORD
CREATE ROLE oms LOGIN PASSWORD :'password';
CREATE DATABASE oms OWNER oms;
ALTER ROLE postgres PASSWORD NULL;
SQL
