-- Fills an empty, migrated database with a believable shop of any size, for measuring.
--
--   oms migrate                                   # DATABASE_URL names the same database
--   psql -X -v ON_ERROR_STOP=1 -v orders=10000000 -v products=1000000 -f tests/bench/shop/fill.sql "$DATABASE_URL"
--
-- Variables, all optional:
--   orders         how many orders there are in all (10,100 if absent)
--   products       how many products (10,100)
--   users          how many accounts (one for ten orders, and three at least)
--   own            how many of the orders are one customer's, spread evenly over all (10,100; all if there are fewer)
--   password_hash  the bcrypt hash of everybody's password ('!': nobody can sign in)
--
-- Account 1 is an admin, admin@shop.example; account 2 is that customer, customer@shop.example; account N from 3 on is
-- userN@shop.example. The same sizes make the same shop, to the letter. `oms audit` finds nothing wrong in it.
--
-- It takes a superuser, as references are not checked on the way: they hold by how the rows are made. Secondary indexes
-- are taken away and built again at the end. All is one transaction that begins by truncating empty tables, so a server
-- with wal_level = minimal writes next to no log; what is safe to lose is the server's settings to say, not this
-- file's. In the end everything is vacuumed and analyzed: lists read indexes alone only where pages are known to be
-- visible to all.
--
-- With PostgreSQL 15 on two cores, 10,100 orders and products take 3 seconds. Ten million orders and a million products
-- took 35 minutes, 12 of them for the indexes, while others kept the machine busy at a load of 8, and need 17 GB.

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

\ir empty.sql
\ir words.sql
\ir drawn.sql
\ir catalogue.sql
\ir orders.sql
\ir histories.sql
\ir counts.sql
\ir indexes.sql
COMMIT;

VACUUM (ANALYZE);
