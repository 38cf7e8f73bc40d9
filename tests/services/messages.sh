# shellcheck shell=bash
# What with-services says to whoever runs it: on standard error, so that a command's output stays its own.

say() { echo "with-services: $*" >&2; }

give_up() {
  say "$@"
  exit 1
}

# What else to say where this is missing.
advice() { # the missing programs
  case " $1 " in
    *" chromium "*) echo ' chromium means Chromium or Chrome and the chromedriver of its version; OMS_TEST_BROWSER=off does without.' ;;
  esac
}

# Runs something whose output matters only if it fails.
quietly() { # log, command…
  local log=$1
  shift
  if ! "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    return 1
  fi
}

# Asks again and again until the answer is yes, for up to so many tenths of a second.
wait_until() { # tenths, command…
  local left=$1
  shift
  until "$@"; do
    left=$((left - 1))
    [ "$left" -gt 0 ] || return 1
    sleep 0.1
  done
}

# A port of 127.0.0.1 on which nobody listens now, below those that systems hand out for outgoing
# connections. Somebody may take it before we do: whoever starts a server tries another one then.
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
