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
    while parent=$(parent_of "$1") && [ -n "$parent" ]; do
      if [ -n "${MAKELEVEL:-}" ] && [ "$parent" != "$2" ]; then kill -TERM "$1" 2>/dev/null || true; fi
      sleep 1
    done
    if [ -d "$run" ]; then end; fi
  ) >/dev/null 2>&1 </dev/null &
  watchdog=$!
  set +m
  disown "$watchdog"
}

# The parent of a process that lives; nothing if it does not.
parent_of() { # process
  ps -A -o pid=,ppid=,stat= | awk -v wanted="$1" '$1 == wanted && $3 !~ /^Z/ { print $2 }'
}

# A process and all its descendants, those that live.
tree_of() { # process
  ps -A -o pid=,ppid=,stat= | awk -v root="$1" '
    $3 !~ /^Z/ { parent[$1] = $2 }
    END { for (each in parent) for (at = each; at != ""; at = parent[at]) if (at == root) { print each; break } }'
}

# Ends a process: asks it to, and when it has had its time ends it and all that it started.
end_tree() { # process
  local members
  members=$(tree_of "$1")
  [ -n "$members" ] || return 0
  kill -TERM "$1" 2>/dev/null || true
  wait_until 150 has_gone "$1" || true
  for each in $members $(tree_of "$1"); do kill -KILL "$each" 2>/dev/null || true; done
}

has_gone() { [ -z "$(parent_of "$1")" ]; } # process

# Ends processes that a killed test has left behind: those that run in this run's directory, or name it.
end_strays() {
  local each at
  for each in $(run=$run awk_of_args); do kill -KILL "$each" 2>/dev/null || true; done
  for at in /proc/[0-9]*/cwd; do
    case $(readlink "$at" 2>/dev/null || true) in
      "$run/tmp"/*)
        at=${at#/proc/}
        kill -KILL "${at%/cwd}" 2>/dev/null || true
        ;;
    esac
  done
}

awk_of_args() {
  ps -A -o pid=,args= | awk 'index($0, ENVIRON["run"] "/tmp/") { print $1 }'
}
