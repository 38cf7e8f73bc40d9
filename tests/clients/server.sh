# shellcheck shell=bash
# shellcheck disable=SC2154 # .ci/checks.sh sets `scratch`, the script `program`
# Starts and stops the server for scripts that have sourced .ci/checks.sh. It ends with the script, however that ends.

for part in common cleanup; do
  # shellcheck source=/dev/null
  . "tests/services/$part.sh"
done

admin_email=admin@example.com
admin_password=correct-horse-battery
server=''
base_url=''

trap 'stop_server; rm -rf "$scratch"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Starts `oms serve` in an empty directory, on a free port, and sets `base_url`. There is an administrator, and no rate
# limit. `settings` has further settings (NAME=value); without one for the store, it is an SQLite file in that directory.
settings=()
start_server() {
  local home=$scratch/server
  rm -rf "$home"
  mkdir "$home"
  (
    cd "$home" || exit
    exec env -i PATH="$PATH" HOST=127.0.0.1 PORT=0 BCRYPT_COST=4 LOG_FORMAT=text RUST_LOG=warn \
      RATE_LIMIT_LOGIN=off RATE_LIMIT_REGISTER=off RATE_LIMIT_ACCOUNT_LOGIN=off RATE_LIMIT_ACCOUNT_MAIL=off \
      RATE_LIMIT_EMAIL_CHANGE=off ADMIN_EMAIL="$admin_email" ADMIN_PASSWORD="$admin_password" "${settings[@]}" "$program" serve
  ) >"$scratch/server.log" 2>&1 &
  server=$!
  wait_until 600 listens_or_exited || true
  if [ -z "$base_url" ]; then
    echo "the server does not start:"
    cat "$scratch/server.log"
    stop_server
    return 1
  fi
}

listens_or_exited() {
  base_url=$(sed -n 's/.*listening on \(http:[^ "]*\).*/\1/p' "$scratch/server.log" | head -n 1)
  [ -n "$base_url" ] || has_exited "$server"
}

stop_server() {
  [ -n "$server" ] || return 0
  kill_tree "$server"
  wait "$server" 2>/dev/null || true
  server='' base_url=''
}
