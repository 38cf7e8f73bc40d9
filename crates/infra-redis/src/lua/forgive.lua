-- Gives back one counted attempt: one more is available at once, and never more than the burst.
-- Returns 0.
--
-- KEYS  the subject's theoretical arrival time (TAT), as attempt.lua keeps it
-- ARGV  the emission interval, in microseconds: after that one more attempt is available
local counted = redis.call('GET', KEYS[1])
if not counted then
    return 0
end
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local tat = tonumber(counted) - tonumber(ARGV[1])
if tat < now then
    tat = now
end
-- A TAT that is reached expires at once. DEL would be one more right that a Redis user needs.
local ttl = math.max(math.ceil((tat - now) / 1000), 1)
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', string.format('%.0f', ttl))
return 0
