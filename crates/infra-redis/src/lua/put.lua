-- Stores a value, unless its group was invalidated or blocked since its reader looked the entry up.
--
-- KEYS  the namespace, the group's generation, the group's block, the value
-- ARGV  the namespace and the generation that the reader saw, the TTL in milliseconds, the value
local now = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
if now[1] ~= ARGV[1] or now[2] ~= ARGV[2] or now[3] then
    return 0
end
redis.call('SET', KEYS[4], ARGV[4], 'PX', ARGV[3])
return 1
