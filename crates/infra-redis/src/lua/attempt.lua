-- Counts an attempt and returns 0, or returns after how many microseconds the next one is allowed.
-- The algorithm is GCRA (generic cell rate algorithm).
--
-- KEYS  the subject's theoretical arrival time (TAT), in microseconds since 1970: when all its
--       attempts are available again
-- ARGV  the emission interval, in microseconds: after that one more attempt is available;
--       the burst: the number of attempts that may be made at once
--
-- Microseconds since 1970 stay below 2^53, up to which numbers in Lua are exact integers.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local interval = tonumber(ARGV[1])
local tat = tonumber(redis.call('GET', KEYS[1]) or now)
if tat < now then
    tat = now
end
local wait = tat - now - interval * (tonumber(ARGV[2]) - 1)
if wait > 0 then
    return wait
end
tat = tat + interval
local ttl = math.ceil((tat - now) / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', string.format('%.0f', ttl))
return 0
