# shellcheck shell=bash
# shellcheck disable=SC2154 # with-services sets `run` and the programs
# Cleans up, however the run ends. Everything that a run starts and creates is in `$run` or recorded
# there.

# Ends the command, the processes that it left behind, and the servers, and removes their data.
cleanup() {
  trap '' HUP INT TERM
  [ ! -s "$run/command.pid" ] || kill_tree "$(cat "$run/command.pid")"
  kill_leftovers
  stop_postgres
  stop_redis
  stop_containers
  remove_policy
  rm -rf "$run"
  if [ -n "${watchdog:-}" ]; then kill -KILL "$watchdog" 2>/dev/null || true; fi
}

# Starts a watchdog in its own process group, which Ctrl-C does not reach. It cleans up if this
# script has died without doing so, and terminates this script if the `make` that started it has
# exited.
start_watchdog() { # this process, its parent
  set -m
  (
    trap '' HUP INT TERM
    watchdog=''
    while parent=$(parent_of "$1"); [ -n "$parent" ]; do
      if [ -n "${MAKELEVEL:-}" ] && [ "$parent" != "$2" ]; then kill -TERM "$1" 2>/dev/null || true; fi
      sleep 1
    done
    if [ -d "$run" ]; then cleanup; fi
  ) >/dev/null 2>&1 </dev/null &
  watchdog=$!
  set +m
  disown "$watchdog"
}

# The id and the parent of all running processes. Minimal systems have no ps, but Linux has /proc.
processes() {
  if [ -r /proc/self/stat ]; then
    # id (name) state parent …; some processes exit while they are read
    { cat /proc/[0-9]*/stat 2>/dev/null || true; } | sed -n 's/^\([0-9]*\) (.*) [^ZX] \([0-9]*\) .*/\1 \2/p'
  else
    ps -A -o pid=,ppid=,stat= | awk '$3 !~ /^Z/ { print $1, $2 }'
  fi
}

# The parent of a running process; nothing if it does not run.
parent_of() { # process
  processes | awk -v id="$1" '$1 == id { print $2 }'
}

has_exited() { [ -z "$(parent_of "$1")" ]; } # process

# A process and all its descendants.
process_tree() { # process
  processes | awk -v root="$1" '
    { parent[$1] = $2 }
    END { for (each in parent) for (at = each; at in parent; at = parent[at]) if (at == root) { print each; break } }'
}

# Terminates a process; after a timeout, kills it. Then kills all of its descendants.
kill_tree() { # process
  local members each
  members=$(process_tree "$1")
  [ -n "$members" ] || return 0
  kill -TERM "$1" 2>/dev/null || true
  wait_until 150 has_exited "$1" || true
  for each in $members $(process_tree "$1"); do kill -KILL "$each" 2>/dev/null || true; done
}

# Kills processes that a killed test has left behind: those whose working directory is in this run's
# temporary directory, or that have its path in their arguments.
kill_leftovers() {
  local each
  [ -d "$run/tmp" ] || return 0
  for each in $(leftovers); do kill -KILL "$each" 2>/dev/null || true; done
}

leftovers() {
  if [ -r /proc/self/stat ]; then
    # The pattern is in a file, so that grep does not match its own arguments.
    echo "$run/tmp/" >"$run/leftovers"
    grep -lF -f "$run/leftovers" /proc/[0-9]*/cmdline 2>/dev/null || true
    local at
    for at in /proc/[0-9]*/cwd; do
      case $(readlink "$at" 2>/dev/null || true) in "$run/tmp"/*) echo "$at" ;; esac
    done
  else
    ps -A -o pid=,args= | pattern="$run/tmp/" awk 'index($0, ENVIRON["pattern"]) { print "/proc/" $1 }'
  fi | cut -d / -f 3 | sort -u
}
