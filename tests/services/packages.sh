# shellcheck shell=bash
# shellcheck disable=SC2154 # with-services sets `run` and the programs
# Installs missing programs with the system's package manager, without starting any server.

# Runs a command as root.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() { # postgresql, redis, pgbouncer, python, chromium: those that are missing
  local log="$run/install.log" each packages=()
  if [ "$(id -u)" -ne 0 ] && ! command -v brew sudo >/dev/null; then
    die "installing the missing programs needs root or sudo. Please install: $*.$(install_hint "$*")"
  fi
  info "installing $*"
  if command -v apt-get >/dev/null; then
    install_by_apt "$@"
  elif command -v dnf >/dev/null; then
    for each in "$@"; do
      case $each in
        postgresql) packages+=(postgresql-server postgresql-contrib) ;;
        # Newer systems have valkey in place of redis.
        redis) if dnf -q list redis >/dev/null 2>&1; then packages+=(redis); else packages+=(valkey); fi ;;
        python) packages+=(python3 python3-pip) ;;
        chromium) packages+=(chromium chromedriver) ;;
        *) packages+=("$each") ;;
      esac
    done
    quietly "$log" as_root dnf install -qy "${packages[@]}"
  elif command -v apk >/dev/null; then
    for each in "$@"; do
      case $each in
        postgresql) packages+=(postgresql postgresql-contrib) ;;
        python) packages+=(python3 py3-pip) ;;
        chromium) packages+=(chromium chromium-chromedriver) ;;
        *) packages+=("$each") ;;
      esac
    done
    quietly "$log" as_root apk add --no-progress "${packages[@]}"
  elif command -v brew >/dev/null; then
    # Homebrew starts no servers and does not run as root.
    for each in "$@"; do
      case $each in
        chromium) packages+=(google-chrome chromedriver) ;;
        *) packages+=("$each") ;;
      esac
    done
    quietly "$log" brew install --quiet "${packages[@]}"
  else
    die "there is no apt-get, dnf, apk or brew. Please install: $*.$(install_hint "$*")"
  fi
}

# Debian's packages start and enable their servers when they are installed. A policy prevents the
# start, and units that were not enabled before are disabled again.
install_by_apt() {
  local log="$run/install.log" policy=/usr/sbin/policy-rc.d packages=() each before ours=''
  for each in "$@"; do
    case $each in
      redis) packages+=(redis-server) ;;
      python) packages+=(python3 python3-venv) ;;
      chromium) packages+=(chromium chromium-driver) ;;
      *) packages+=("$each") ;;
    esac
  done
  before=$(enabled_units)
  if [ ! -e "$policy" ]; then
    ours=$policy
    printf '#!/bin/sh\nexit 101\n' >"$run/policy"
    as_root install -m 755 "$run/policy" "$policy"
    echo "$policy" >"$run/policy.installed"
  fi
  export DEBIAN_FRONTEND=noninteractive
  local apt=(apt-get -q -o DPkg::Lock::Timeout=600)
  quietly "$log" as_root "${apt[@]}" update || info "the package lists could not be updated"
  quietly "$log" as_root env DEBIAN_FRONTEND=noninteractive \
    "${apt[@]}" install -y --no-install-recommends "${packages[@]}" || each=failed
  [ -z "$ours" ] || remove_policy
  [ "$each" != failed ] || die "apt-get could not install ${packages[*]}.$(install_hint "$*")"
  for each in $(enabled_units); do
    case " $before " in
      *" $each "*) ;;
      *) as_root systemctl --quiet disable "$each" || true ;;
    esac
  done
}

# Removes the policy if this run has installed it.
remove_policy() {
  if [ -e "$run/policy.installed" ]; then
    as_root rm -f "$(cat "$run/policy.installed")"
    rm "$run/policy.installed"
  fi
}

# The units of these servers that are enabled, on one line.
enabled_units() {
  local unit
  if [ -d /run/systemd/system ]; then
    for unit in postgresql redis-server pgbouncer; do
      if systemctl --quiet is-enabled "$unit" 2>/dev/null; then printf '%s ' "$unit"; fi
    done
  fi
}
