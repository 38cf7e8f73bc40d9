-- Who sends the requests: the tokens of a file, one a line, taken in turn.
--
-- Each of wrk's threads runs its scripts by itself, so each begins at another place of the file.

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

-- The tokens of a file, and the place where this thread begins.
function tokens_of(file)
  local tokens = {}
  for token in io.lines(file) do tokens[#tokens + 1] = token end
  return tokens, number * 31
end

-- A request up to the end of its header, but for the lines that differ each time. Without a token, nobody's.
function head(method, path, token)
  local caller = token and ("Authorization: Bearer " .. token .. "\r\n") or ""
  return method .. " " .. path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\n" .. caller
end
