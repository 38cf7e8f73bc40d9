-- What there is of a product: {1, value}, or {0, lease}.
--
-- KEYS  the products' generation, the product
-- ARGV  a generation if there is none, a lease if there is none, the format of values, how long a lease
--       lasts in milliseconds
local generation = redis.call('GET', KEYS[1])
if not generation then
    generation = ARGV[1]
    redis.call('SET', KEYS[1], generation)
end
local entry = redis.call('GET', KEYS[2])
local lease = 'lease:' .. generation .. ':'
if entry then
    local value = 'value:' .. generation .. ':' .. ARGV[3] .. ':'
    if string.sub(entry, 1, #value) == value then
        return { 1, string.sub(entry, #value + 1) }
    end
    if string.sub(entry, 1, #lease) == lease then
        return { 0, string.sub(entry, #lease + 1) }
    end
end
redis.call('SET', KEYS[2], lease .. ARGV[2], 'PX', ARGV[4])
return { 0, ARGV[2] }
