-- Puts a page, if its lease is still the pages' generation. Returns 1 if it was.
--
-- KEYS  the pages' generation, the page
-- ARGV  the lease, the format of values, how long the value lasts in milliseconds, the value
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 0
end
redis.call('SET', KEYS[2], ARGV[1] .. ':' .. ARGV[2] .. ':' .. ARGV[4], 'PX', ARGV[3])
return 1
