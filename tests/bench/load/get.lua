-- GETs one path after another, as one caller after another. Arguments: the file of tokens, or "nobody" for requests
-- without; then the paths, or none for that of the URL.

dofile(os.getenv("BENCH_LOAD") .. "/report.lua")
dofile(os.getenv("BENCH_LOAD") .. "/callers.lua")

local requests, at = {}, 0

function init(arguments)
  local tokens = {}
  if arguments[1] ~= "nobody" then
    tokens, at = tokens_of(arguments[1])
  end
  for turn = 1, math.max(1, #tokens) * math.max(1, #arguments - 1) do
    local path = arguments[2 + (turn - 1) % math.max(1, #arguments - 1)] or wrk.path
    requests[turn] = head("GET", path, tokens[1 + (turn - 1) % math.max(1, #tokens)]) .. "\r\n"
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
