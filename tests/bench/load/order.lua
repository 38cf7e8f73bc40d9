-- Orders one piece of one product, as one customer after another. Arguments: the file of tokens, the number of
-- products to choose from at random (1 is the hot one), and "keyed" for an idempotency key with each.

dofile(os.getenv("BENCH_LOAD") .. "/report.lua")
dofile(os.getenv("BENCH_LOAD") .. "/callers.lua")

local heads, at, products, keyed, sent, run = {}, 0, 1, false, 0, ""

function init(arguments)
  local tokens
  tokens, at = tokens_of(arguments[1])
  products, keyed = tonumber(arguments[2]), arguments[3] == "keyed"
  math.randomseed(number + 1)
  -- No other thread, and no other run, has this one's keys.
  run = os.time() .. "-" .. os.tmpname():match("[^/_]*$") .. "-" .. number .. "-"
  for index, token in ipairs(tokens) do
    heads[index] = head("POST", "/api/v1/orders", token) .. "Content-Type: application/json\r\n"
  end
end

function request()
  at, sent = at % #heads + 1, sent + 1
  local body = '{"product_id":' .. math.random(1, products) .. ',"quantity":1}'
  local key = keyed and ("Idempotency-Key: " .. run .. sent .. "\r\n") or ""
  return heads[at] .. key .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end
