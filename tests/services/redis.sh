# shellcheck shell=bash
# shellcheck disable=SC2154 # with-services sets `run` and the programs
# The Redis server that all tests share; each uses its own key prefix.

# Sets OMS_TEST_REDIS_URL.
provide_redis() {
  [ -z "${OMS_TEST_REDIS_URL:-}" ] || return 0
  local log="$run/redis.log" port server
  for _ in 1 2 3 4 5; do
    port=$(free_port)
    : >"$log"
    # In its own process group, so that Ctrl-C does not reach it before the tests have ended.
    set -m
    "$OMS_TEST_REDIS_SERVER" --port "$port" --bind 127.0.0.1 --save '' --appendonly no --dir "$run" \
      >"$log" 2>&1 </dev/null &
    server=$!
    set +m
    disown "$server"
    echo "$server" >"$run/redis.pid"
    wait_until 600 redis_is_ready_or_exited "$server" || true
    if redis_is_ready; then
      export OMS_TEST_REDIS_URL="redis://127.0.0.1:$port"
      return
    fi
    stop_redis
  done
  cat "$log" >&2
  die "Redis does not start"
}

redis_is_ready() { grep -q 'Ready to accept connections' "$run/redis.log"; }

redis_is_ready_or_exited() { redis_is_ready || has_exited "$1"; } # process

# Stops it, if it runs.
stop_redis() {
  local process
  if [ -s "$run/redis.pid" ]; then
    process=$(cat "$run/redis.pid")
    kill -TERM "$process" 2>/dev/null || true
    wait_until 100 has_exited "$process" || kill -KILL "$process" 2>/dev/null || true
    rm -f "$run/redis.pid"
  fi
}
