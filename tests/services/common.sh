# shellcheck shell=bash
# Helpers of with-services. Messages go to standard error, so that standard output is the command's
# alone.

info() { echo "with-services: $*" >&2; }

die() {
  info "$@"
  exit 1
}

# A hint on how to install a missing program.
install_hint() { # the missing programs
  case " $1 " in
    *" chromium "*) echo ' chromium means Chromium or Chrome and the chromedriver of its version; OMS_TEST_BROWSER=off does without.' ;;
  esac
}

# Runs a command and prints its output only if it fails.
quietly() { # log, command…
  local log=$1
  shift
  if ! "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    return 1
  fi
}

# Retries a command until it succeeds, for this many tenths of a second at most.
wait_until() { # tenths, command…
  local left=$1
  shift
  until "$@"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep 0.1
  done
}

# A free port of 127.0.0.1 below the ephemeral range. Another process may take it first: callers
# that start a server retry with another port.
free_port() {
  local port
  while :; do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      echo "$port"
      return
    fi
  done
}
