# shellcheck shell=bash
# shellcheck disable=SC2154 # with-services sets `run`
# Finds the programs that the tests need, or installs them.

# The directory of the newest complete PostgreSQL that is installed.
find_postgres() {
  local candidate
  {
    command -v pg_config >/dev/null && pg_config --bindir
    printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql*/ /usr/local/pgsql/bin \
      /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
      /Applications/Postgres.app/Contents/Versions/*/bin
    command -v postgres >/dev/null && dirname "$(command -v postgres)"
  } 2>/dev/null | while read -r candidate; do
    if [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ] && [ -x "$candidate/pg_dump" ] &&
      [ -x "$candidate/pg_restore" ]; then
      # "postgres (PostgreSQL) 15.18 (Debian …)": the version, to sort by
      echo "$("$candidate/postgres" --version | awk '{ print $3 + 0 }') ${candidate%/}"
    fi
  done | sort -s -k1,1rn | sed -n '1s/^[^ ]* //p'
}

# The path of a program, also in directories that are not in an ordinary user's PATH.
find_program() { # name
  local found
  PATH="$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin:/usr/local/bin:/home/linuxbrew/.linuxbrew/bin"
  found=$(command -v "$1") && [ -x "$found" ] && echo "$found"
}

# A Python that can create virtual environments.
find_python() {
  local candidate
  for candidate in python3 /usr/bin/python3; do
    if "$candidate" -c 'import sys, venv, ensurepip; assert sys.version_info >= (3, 8)' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

# Sets the variables of the installed programs that are not set yet.
detect_programs() {
  : "${OMS_TEST_POSTGRES_BIN:=$(find_postgres || true)}"
  : "${OMS_TEST_REDIS_SERVER:=$(find_program redis-server || find_program valkey-server || true)}"
  : "${OMS_TEST_PGBOUNCER:=$(find_program pgbouncer || true)}"
  : "${python:=$(has_mail_python || find_python || true)}"
  detect_browser
}

# The missing programs, as packages.sh names them.
missing_programs() {
  [ -n "$OMS_TEST_POSTGRES_BIN" ] || echo postgresql
  [ -n "$OMS_TEST_REDIS_SERVER" ] || echo redis
  [ -n "$OMS_TEST_PGBOUNCER" ] || echo pgbouncer
  [ -n "$python" ] || echo python
  has_browser || echo chromium
}

# Sets and exports the variables of all programs.
provide_programs() {
  local missing
  detect_programs
  # Of two runs on a new machine, the second waits until the first has installed everything. The
  # lock is on an existing file, so that no lock file is left behind.
  if [ -n "$(missing_programs)" ]; then
    if command -v flock >/dev/null; then
      exec 8</etc/passwd
      flock 8
      detect_programs
    fi
    # shellcheck disable=SC2046 # word splitting is intended
    [ -z "$(missing_programs)" ] || provide_containers $(missing_programs)
    # shellcheck disable=SC2046
    [ -z "$(missing_programs)" ] || install_packages $(missing_programs)
    exec 8<&-
    detect_programs
  fi
  missing=$(missing_programs | tr '\n' ' ')
  [ -z "$missing" ] || die "cannot find or install: ${missing% }. Please install what is missing.$(install_hint "$missing")"
  export OMS_TEST_POSTGRES_BIN OMS_TEST_REDIS_SERVER OMS_TEST_PGBOUNCER
  without_browser || export OMS_TEST_CHROMEDRIVER OMS_TEST_CHROMIUM
}
