-- GETs the path of the URL as one caller after another. Arguments: the file of tokens.

dofile(os.getenv("BENCH_LOAD") .. "/report.lua")
dofile(os.getenv("BENCH_LOAD") .. "/callers.lua")

local requests, at = {}, 0

function init(arguments)
  local tokens
  tokens, at = tokens_of(arguments[1])
  for index, token in ipairs(tokens) do requests[index] = head("GET", wrk.path, token) .. "\r\n" end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
