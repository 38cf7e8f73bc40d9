# shellcheck shell=bash
# shellcheck disable=SC2154 # with-services sets `run` and the programs
# The PostgreSQL server that all tests share; each creates its own database on it.

# Runs a command as an unprivileged user if this script runs as root, otherwise as the current user.
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

# Chooses the user of the servers if this script runs as root, as which PostgreSQL refuses to run.
choose_postgres_user() {
  if [ "$(id -u)" -eq 0 ] && [ -z "${OMS_TEST_POSTGRES_USER:-}" ] && [ ! -e "$run/containers" ]; then
    local candidate
    for candidate in postgres nobody; do
      if id "$candidate" >/dev/null 2>&1; then
        export OMS_TEST_POSTGRES_USER=$candidate
        return
      fi
    done
    die "PostgreSQL does not run as root, and there is no user postgres or nobody"
  fi
}

# Sets OMS_TEST_POSTGRES_URL.
provide_postgres() {
  choose_postgres_user
  [ -z "${OMS_TEST_POSTGRES_URL:-}" ] || return 0
  local data="$run/postgres" log="$run/postgres.log" port server
  # The developer's client settings must not apply to this server.
  unset PGDATA PGHOST PGPORT PGUSER PGPASSWORD PGDATABASE PGOPTIONS PGSERVICE
  mkdir -m 700 "$data"
  : >"$log"
  [ -z "${OMS_TEST_POSTGRES_USER:-}" ] || chown "$OMS_TEST_POSTGRES_USER" "$data" "$log"
  (cd / && quietly "$run/initdb.log" as_postgres "$OMS_TEST_POSTGRES_BIN/initdb" -D "$data" -U postgres -A trust \
    --no-sync --locale=C --encoding=UTF8) || die "initdb failed"
  # Without durability over a crash of the machine; commits are otherwise as in production.
  cat >>"$data/postgresql.conf" <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
fsync = off
full_page_writes = off
synchronous_commit = on
# Tests create and drop hundreds of databases, and the launcher would visit each.
autovacuum = off
wal_level = minimal
max_wal_senders = 0
dynamic_shared_memory_type = mmap
CONF
  for _ in 1 2 3 4 5; do
    port=$(free_port)
    # In its own process group, so that Ctrl-C does not reach it before the tests have ended.
    set -m
    (cd / && as_postgres "$OMS_TEST_POSTGRES_BIN/postgres" -D "$data" -p "$port") >>"$log" 2>&1 </dev/null &
    server=$!
    set +m
    disown "$server"
    wait_until 600 postgres_is_ready_or_exited "$server" || true
    if postgres_is_ready; then
      export OMS_TEST_POSTGRES_URL="postgres://postgres@127.0.0.1:$port/postgres"
      return
    fi
    stop_postgres
  done
  cat "$log" >&2
  die "PostgreSQL does not start"
}

# PostgreSQL writes its status into the last line of its pid file.
postgres_is_ready() { grep -q '^ready' "$run/postgres/postmaster.pid" 2>/dev/null; }

postgres_is_ready_or_exited() { postgres_is_ready || has_exited "$1"; } # process

# Stops it, if it runs, with an immediate shutdown, since its data is not needed any more.
stop_postgres() {
  local process
  # In a container it ends with the container, and its process id is not valid here.
  if [ -d "$run/containers" ]; then return; fi
  if process=$(head -n 1 "$run/postgres/postmaster.pid" 2>/dev/null); then
    kill -QUIT "$process" 2>/dev/null || true
    wait_until 100 has_exited "$process" || kill -KILL "$process" 2>/dev/null || true
  fi
}
