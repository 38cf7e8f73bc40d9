# shellcheck shell=bash
# shellcheck disable=SC2154 # with-services sets `run` and the programs
# The PostgreSQL server that all tests share: each makes a database of its own on it.

# Runs a command as a user who is not root. Without root, as whom we are.
as_postgres() {
  if [ -z "${OMS_TEST_POSTGRES_USER:-}" ]; then
    "$@"
  elif setpriv --reuid="$OMS_TEST_POSTGRES_USER" --clear-groups true 2>/dev/null; then
    setpriv --reuid="$OMS_TEST_POSTGRES_USER" --regid="$(id -g "$OMS_TEST_POSTGRES_USER")" --clear-groups "$@"
  elif command -v runuser >/dev/null; then
    runuser -u "$OMS_TEST_POSTGRES_USER" -- "$@"
  else
    su -s /bin/sh "$OMS_TEST_POSTGRES_USER" -c "$(printf '%q ' "$@")"
  fi
}

# Chooses the user for servers if we are root, as whom PostgreSQL refuses to run.
choose_postgres_user() {
  if [ "$(id -u)" -eq 0 ] && [ -z "${OMS_TEST_POSTGRES_USER:-}" ] && [ ! -e "$run/containers" ]; then
    local candidate
    for candidate in postgres nobody; do
      if id "$candidate" >/dev/null 2>&1; then
        export OMS_TEST_POSTGRES_USER=$candidate
        return
      fi
    done
    give_up "PostgreSQL does not run as root, and there is no user postgres or nobody"
  fi
}

# Sets OMS_TEST_POSTGRES_URL.
provide_postgres() {
  choose_postgres_user
  [ -z "${OMS_TEST_POSTGRES_URL:-}" ] || return 0
  local data="$run/postgres" log="$run/postgres.log" port server
  # What somebody's own client is set to is not meant for this server.
  unset PGDATA PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGOPTIONS PGSERVICE
  mkdir -m 700 "$data"
  : >"$log"
  [ -z "${OMS_TEST_POSTGRES_USER:-}" ] || chown "$OMS_TEST_POSTGRES_USER" "$data" "$log"
  (cd / && quietly "$run/initdb.log" as_postgres "$OMS_TEST_POSTGRES_BIN/initdb" -D "$data" -U postgres -A trust \
    --no-sync --locale=C --encoding=UTF8) || give_up "initdb failed"
  # What a crash of the machine would lose is a test's data; what a commit promises to others holds.
  cat >>"$data/postgresql.conf" <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
fsync = off
full_page_writes = off
synchronous_commit = on
# Databases come and go by the hundred, and the launcher would visit each.
autovacuum = off
wal_level = minimal
max_wal_senders = 0
dynamic_shared_memory_type = mmap
CONF
  for _ in 1 2 3 4 5; do
    port=$(free_port)
    # In a process group of its own, so that Ctrl-C does not reach it before the tests have ended.
    set -m
    (cd / && as_postgres "$OMS_TEST_POSTGRES_BIN/postgres" -D "$data" -p "$port") >>"$log" 2>&1 </dev/null &
    server=$!
    set +m
    disown "$server"
    wait_until 600 postgres_is_ready_or_gone "$server" || true
    if postgres_is_ready; then
      export OMS_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
      return
    fi
    end_postgres
  done
  cat "$log" >&2
  give_up "PostgreSQL does not start"
}

# The last line of the file by which it knows itself says so.
postgres_is_ready() { grep -q '^ready' "$run/postgres/postmaster.pid" 2>/dev/null; }

postgres_is_ready_or_gone() { postgres_is_ready || has_gone "$1"; } # process

# Ends it, if it is there. Nobody needs its data: it is told to go at once.
end_postgres() {
  local process
  # In a container it ends with that, and its number says nothing here.
  if [ -d "$run/containers" ]; then return; fi
  if process=$(head -n 1 "$run/postgres/postmaster.pid" 2>/dev/null); then
    kill -QUIT "$process" 2>/dev/null || true
    wait_until 100 has_gone "$process" || kill -KILL "$process" 2>/dev/null || true
  fi
}
