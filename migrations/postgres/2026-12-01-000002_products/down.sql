DROP TABLE products;
DROP FUNCTION ngrams;
