DROP TABLE products;
-- The extension stays: somebody else may use it, and it may take other rights to bring it back.
