-- Orders one unit of a random product, as the customers in turn. Arguments: the file of tokens, the
-- number of products to choose from (with 1, all orders are for product 1), and "keyed" to send an
-- idempotency key with each order.

dofile(os.getenv("BENCH_LOAD") .. "/report.lua")
dofile(os.getenv("BENCH_LOAD") .. "/customers.lua")

local heads, at, products, keyed, sent, key_prefix = {}, 0, 1, false, 0, ""

function init(arguments)
  local tokens
  tokens, at = read_tokens(arguments[1])
  products, keyed = tonumber(arguments[2]), arguments[3] == "keyed"
  math.randomseed(number + 1)
  -- The prefix makes the keys unique over all threads and runs.
  key_prefix = os.time() .. "-" .. os.tmpname():match("[^/_]*$") .. "-" .. number .. "-"
  for index, token in ipairs(tokens) do
    heads[index] = head("POST", "/api/v1/orders", token) .. "Content-Type: application/json\r\n"
  end
end

function request()
  at, sent = at % #heads + 1, sent + 1
  local body = '{"product_id":' .. math.random(1, products) .. ',"quantity":1}'
  local key = keyed and ("Idempotency-Key: " .. key_prefix .. sent .. "\r\n") or ""
  return heads[at] .. key .. "Content-Length: " .. #body .. "\r\n\r\n" .. body
end
