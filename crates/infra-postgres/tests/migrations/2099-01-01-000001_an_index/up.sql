-- An index for the tests of the machinery that builds indexes concurrently.
CREATE INDEX CONCURRENTLY IF NOT EXISTS orders_test ON orders (customer_name);
