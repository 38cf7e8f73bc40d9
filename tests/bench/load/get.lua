-- GETs the paths in turn, with the tokens in turn. Arguments: the file of tokens, or "anonymous"
-- for requests without; then the paths, or none for the path of the URL.

dofile(os.getenv("BENCH_LOAD") .. "/report.lua")
dofile(os.getenv("BENCH_LOAD") .. "/customers.lua")

local requests, at = {}, 0

function init(arguments)
  local tokens = {}
  if arguments[1] ~= "anonymous" then
    tokens, at = read_tokens(arguments[1])
  end
  for index = 1, math.max(1, #tokens) * math.max(1, #arguments - 1) do
    local path = arguments[2 + (index - 1) % math.max(1, #arguments - 1)] or wrk.path
    requests[index] = head("GET", path, tokens[1 + (index - 1) % math.max(1, #tokens)]) .. "\r\n"
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
