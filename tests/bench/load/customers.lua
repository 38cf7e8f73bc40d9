-- The accounts that send the requests: the tokens of a file, one per line, used in turn.
--
-- Each of wrk's threads runs the script separately, so each starts at another line of the file.

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

-- Returns the tokens of a file, and the index at which this thread starts.
function read_tokens(file)
  local tokens = {}
  for token in io.lines(file) do tokens[#tokens + 1] = token end
  return tokens, number * 31
end

-- Returns the head of a request, up to the headers that differ each time. Without a token, the
-- request is anonymous.
function head(method, path, token)
  local authorization = token and ("Authorization: Bearer " .. token .. "\r\n") or ""
  return method .. " " .. path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port .. "\r\n" .. authorization
end
