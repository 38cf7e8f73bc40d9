-- Puts a value, unless something of its stripe was invalidated or blocked since its reader looked.
--
-- KEYS  the namespace, the stripe's generation, the stripe's block, the value's name
-- ARGV  the namespace and the generation that the reader saw, how long the value lasts in milliseconds, the value
local now = redis.call('MGET', KEYS[1], KEYS[2], KEYS[3])
if now[1] ~= ARGV[1] or now[2] ~= ARGV[2] or now[3] then
    return 0
end
redis.call('SET', KEYS[4], ARGV[4], 'PX', ARGV[3])
return 1
