-- What there is of a page: {1, value}, or {0, lease}. The lease of a page is the pages' generation.
--
-- KEYS  the pages' generation, the page
-- ARGV  a generation if there is none, the format of values
local generation = redis.call('GET', KEYS[1])
if not generation then
    generation = ARGV[1]
    redis.call('SET', KEYS[1], generation)
end
local entry = redis.call('GET', KEYS[2])
local value = generation .. ':' .. ARGV[2] .. ':'
if entry and string.sub(entry, 1, #value) == value then
    return { 1, string.sub(entry, #value + 1) }
end
return { 0, generation }
