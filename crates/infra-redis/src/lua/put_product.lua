-- Puts a product where its lease stands. Returns 1 if the lease was good.
--
-- KEYS  the products' generation, the product
-- ARGV  the lease, the format of values, how long the value lasts in milliseconds, the value
local generation = redis.call('GET', KEYS[1])
if not generation or redis.call('GET', KEYS[2]) ~= 'lease:' .. generation .. ':' .. ARGV[1] then
    return 0
end
local entry = 'value:' .. generation .. ':' .. ARGV[2] .. ':' .. ARGV[4]
redis.call('SET', KEYS[2], entry, 'PX', ARGV[3])
return 1
