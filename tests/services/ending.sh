# shellcheck shell=bash
# shellcheck disable=SC2154 # with-services sets `run` and the programs
# Takes everything away again, whatever ends the run. All that a run starts and makes is in `$run`, or is
# known by it.

# Ends this run: the command, what it left behind, the servers, and their data.
end() {
  trap '' HUP INT TERM
  [ ! -s "$run/command.pid" ] || end_tree "$(cat "$run/command.pid")"
  end_strays
  end_postgres
  end_redis
  end_containers
  remove_policy
  rm -rf "$run"
  if [ -n "${watchdog:-}" ]; then kill -KILL "$watchdog" 2>/dev/null || true; fi
}

# Starts a process of its own group, which Ctrl-C does not reach. It ends the run if this script has gone
# without doing so, and tells this script to if the `make` that started it has.
watch_over() { # this process, its parent
  set -m
  (
    trap '' HUP INT TERM
    watchdog=''
    while parent=$(parent_of "$1"); [ -n "$parent" ]; do
      if [ -n "${MAKELEVEL:-}" ] && [ "$parent" != "$2" ]; then kill -TERM "$1" 2>/dev/null || true; fi
      sleep 1
    done
    if [ -d "$run" ]; then end; fi
  ) >/dev/null 2>&1 </dev/null &
  watchdog=$!
  set +m
  disown "$watchdog"
}

# All processes that live: number, parent. Small systems have no ps, but Linux has /proc.
processes() {
  if [ -r /proc/self/stat ]; then
    # number (name) state parent …; some end while they are read
    { cat /proc/[0-9]*/stat 2>/dev/null || true; } | sed -n 's/^\([0-9]*\) (.*) [^ZX] \([0-9]*\) .*/\1 \2/p'
  else
    ps -A -o pid=,ppid=,stat= | awk '$3 !~ /^Z/ { print $1, $2 }'
  fi
}

# The parent of a process that lives; nothing if it does not.
parent_of() { # process
  processes | awk -v wanted="$1" '$1 == wanted { print $2 }'
}

has_gone() { [ -z "$(parent_of "$1")" ]; } # process

# A process and all its descendants.
tree_of() { # process
  processes | awk -v root="$1" '
    { parent[$1] = $2 }
    END { for (each in parent) for (at = each; at in parent; at = parent[at]) if (at == root) { print each; break } }'
}

# Ends a process: asks it to, and when it has had its time ends it and all that it started.
end_tree() { # process
  local members each
  members=$(tree_of "$1")
  [ -n "$members" ] || return 0
  kill -TERM "$1" 2>/dev/null || true
  wait_until 150 has_gone "$1" || true
  for each in $members $(tree_of "$1"); do kill -KILL "$each" 2>/dev/null || true; done
}

# Ends processes that a killed test has left behind: those that run in this run's directory for temporary
# files, or name it.
end_strays() {
  local each
  [ -d "$run/tmp" ] || return 0
  for each in $(strays); do kill -KILL "$each" 2>/dev/null || true; done
}

strays() {
  if [ -r /proc/self/stat ]; then
    # The pattern in a file, so that it does not match whoever searches for it.
    echo "$run/tmp/" >"$run/strays"
    grep -lF -f "$run/strays" /proc/[0-9]*/cmdline 2>/dev/null || true
    local at
    for at in /proc/[0-9]*/cwd; do
      case $(readlink "$at" 2>/dev/null || true) in "$run/tmp"/*) echo "$at" ;; esac
    done
  else
    ps -A -o pid=,args= | pattern="$run/tmp/" awk 'index($0, ENVIRON["pattern"]) { print "/proc/" $1 }'
  fi | cut -d / -f 3 | sort -u
}
