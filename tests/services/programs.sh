# shellcheck shell=bash
# shellcheck disable=SC2154 # with-services sets `run`
# Finds the programs that the tests need, on this machine, or has them installed.

# The directory of a complete PostgreSQL, the newest that is there.
find_postgres() {
  local candidate
  {
    command -v pg_config >/dev/null && pg_config --bindir
    printf '%s\n' /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql*/ /usr/local/pgsql/bin \
      /opt/homebrew/opt/postgresql*/bin /usr/local/opt/postgresql*/bin /home/linuxbrew/.linuxbrew/opt/postgresql*/bin \
      /Applications/Postgres.app/Contents/Versions/*/bin
    command -v postgres >/dev/null && dirname "$(command -v postgres)"
  } 2>/dev/null | while read -r candidate; do
    if [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ]; then
      # "postgres (PostgreSQL) 15.18 (Debian …)": the version, to sort by
      echo "$("$candidate/postgres" --version | awk '{ print $3 + 0 }') ${candidate%/}"
    fi
  done | sort -s -k1,1rn | sed -n '1s/^[^ ]* //p'
}

# A program by its name, also in places where a plain user's PATH does not lead.
find_program() { # name
  local found
  PATH="$PATH:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin:/usr/local/bin:/home/linuxbrew/.linuxbrew/bin"
  found=$(command -v "$1") && [ -x "$found" ] && echo "$found"
}

# A Python that can make virtual environments.
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

# Fills in the variables of those programs that are there, as far as they are not set yet.
look_around() {
  : "${OMS_TEST_POSTGRES_BIN:=$(find_postgres || true)}"
  : "${OMS_TEST_REDIS_SERVER:=$(find_program redis-server || find_program valkey-server || true)}"
  : "${OMS_TEST_PGBOUNCER:=$(find_program pgbouncer || true)}"
  : "${python:=$(has_mail_python || find_python || true)}"
  look_for_browser
}

# What is not there, in the words of packages.sh.
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
  look_around
  # Two runs on a fresh machine would be in each other's way: the second waits, and finds what it needs. The
  # lock is on a file that is there anyway, so that none is left behind.
  if [ -n "$(missing_programs)" ]; then
    if command -v flock >/dev/null; then
      exec 8</etc/passwd
      flock 8
      look_around
    fi
    # shellcheck disable=SC2046 # words are what is meant
    [ -z "$(missing_programs)" ] || provide_containers $(missing_programs)
    # shellcheck disable=SC2046
    [ -z "$(missing_programs)" ] || install_packages $(missing_programs)
    exec 8<&-
    look_around
  fi
  missing=$(missing_programs | tr '\n' ' ')
  [ -z "$missing" ] || give_up "cannot find or install: ${missing% }. Please install what is missing.$(advice "$missing")"
  export OMS_TEST_POSTGRES_BIN OMS_TEST_REDIS_SERVER OMS_TEST_PGBOUNCER
  without_browser || export OMS_TEST_CHROMEDRIVER OMS_TEST_CHROMIUM
}
