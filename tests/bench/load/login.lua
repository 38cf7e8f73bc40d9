-- Logs in to the accounts in turn. Arguments: the number of accounts, and their password.

dofile(os.getenv("BENCH_LOAD") .. "/report.lua")

local requests, at = {}, 0

function init(arguments)
  for account = 1, tonumber(arguments[1]) do
    local body = '{"email":"login' .. account .. '@example.com","password":"' .. arguments[2] .. '"}'
    requests[account] = wrk.format("POST", "/api/v1/users/login", { ["Content-Type"] = "application/json" }, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end
