DROP INDEX IF EXISTS orders_test;
