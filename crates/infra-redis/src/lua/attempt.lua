-- Counts an attempt, or tells for how many microseconds none is free (GCRA).
--
-- KEYS  the client's attempts: the moment, in microseconds since 1970, when all of them are free again
-- ARGV  after how many microseconds one more is free, how many there are
--
-- Microseconds since 1970 stay below 2^53, up to which a number here is exact, and all steps are whole.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local step = tonumber(ARGV[1])
local free_again = tonumber(redis.call('GET', KEYS[1]) or now)
if free_again < now then
    free_again = now
end
local wait = free_again - now - step * (tonumber(ARGV[2]) - 1)
if wait > 0 then
    return wait
end
free_again = free_again + step
local lasts = math.ceil((free_again - now) / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', free_again), 'PX', string.format('%.0f', lasts))
return 0
