-- Gives back one counted attempt: one more is available at once, and never more than the burst.
-- Returns 0.
--
-- KEYS  the subject's theoretical arrival time (TAT), as attempt.lua keeps it
-- ARGV  the emission interval, in microseconds: after that one more attempt is available
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local counted = redis.call('GET', KEYS[1])
if not counted then
    return 0
end
local tat = tonumber(counted) - tonumber(ARGV[1])
if tat <= now then
    redis.call('DEL', KEYS[1])
    return 0
end
local ttl = math.ceil((tat - now) / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', string.format('%.0f', ttl))
return 0
