-- Fills an empty, migrated database with a realistic shop of any size, for measurements.
--
--   oms migrate                                   # DATABASE_URL names the same database
--   psql -X -v ON_ERROR_STOP=1 -v orders=10000000 -v products=1000000 -f tests/bench/shop/fill.sql "$DATABASE_URL"
--
-- Variables, all optional:
--   orders         the number of orders (10,100 if absent)
--   products       the number of products (10,100)
--   users          the number of accounts (one for every ten orders, at least three)
--   own            the number of orders of one customer, spread evenly over all (10,100; all if there are fewer)
--   password_hash  the bcrypt hash of the password of all accounts ('!': no login is possible)
--
-- Account 1 is an admin, admin@shop.example; account 2 is that customer, customer@shop.example;
-- account N from 3 on is userN@shop.example. The same sizes always generate the same shop. `oms
-- audit` finds no violation in it.
--
-- It needs a superuser, since foreign keys are not checked meanwhile: the generated rows satisfy
-- them. Secondary indexes are dropped and created again at the end. Everything is one transaction
-- that begins by truncating empty tables, so a server with wal_level = minimal writes little log.
-- Durability depends on the server's settings, not on this file. Finally all tables are vacuumed
-- and analyzed, since index-only scans need pages that are known to be all-visible.
--
-- With PostgreSQL 15 on two cores, 10,100 orders and products take 3 seconds. Ten million orders
-- and a million products took 35 minutes, 12 of them for the indexes, on a machine with a load of 8
-- from other work, and need 17 GB.

\set QUIET on
\pset pager off
\if :{?orders}
\else
\set orders 10100
\endif
\if :{?products}
\else
\set products 10100
\endif
\if :{?users}
\else
SELECT greatest(3, :orders / 10) AS users \gset
\endif
\if :{?own}
\else
\set own 10100
\endif
\if :{?password_hash}
\else
\set password_hash '!'
\endif

BEGIN;
SET LOCAL session_replication_role = replica;
SET LOCAL synchronous_commit = off;
SET LOCAL maintenance_work_mem = '1GB';
SET LOCAL work_mem = '256MB';
SET LOCAL max_parallel_maintenance_workers = 2;
SET LOCAL client_min_messages = warning;

\ir drop_indexes.sql
\ir random.sql
\ir generated.sql
\ir catalogue.sql
\ir orders.sql
\ir history.sql
\ir counts.sql
\ir create_indexes.sql
COMMIT;

VACUUM (ANALYZE);
