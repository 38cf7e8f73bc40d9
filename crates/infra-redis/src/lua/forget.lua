-- Forgets some products and every page, here and in the caches before this one.
--
-- KEYS  the pages' generation, the products
-- ARGV  a fresh generation, the channel, the products' numbers
redis.call('SET', KEYS[1], ARGV[1])
for product = 2, #KEYS do
    redis.call('DEL', KEYS[product])
end
redis.call('PUBLISH', ARGV[2], ARGV[3])
return 1
