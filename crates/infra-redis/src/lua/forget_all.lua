-- Voids every product, every page and every lease, here and in the caches before this one.
--
-- KEYS  the products' generation, the pages' generation; optionally the server that all belongs to
-- ARGV  two fresh generations, the channel; with the third key, what this server is called, and 1 if the
--       content is not known to be of this time
--
-- With the third key: only if the content belonged to another server or is not known to be of this time, and
-- from now on it belongs to this server.
-- Returns 1 if it was done.
if KEYS[3] then
    if redis.call('GET', KEYS[3]) == ARGV[4] and ARGV[5] ~= '1' then
        return 0
    end
    redis.call('SET', KEYS[3], ARGV[4])
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[3], 'all')
return 1
