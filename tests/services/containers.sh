# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034 # with-services sets `run` and `root`; programs.sh exports what is set here
# Runs programs that are not installed in containers, where a Docker engine is available.

# Creates links in place of the missing programs. Does nothing where Docker is not available.
provide_containers() { # postgresql, redis, pgbouncer, python, chromium
  command -v docker >/dev/null && docker info >/dev/null 2>&1 || return 0
  local browser=''
  case " $* " in *" chromium "*) browser='chromium chromium-driver' ;; esac
  info "building an image with the programs that are not installed: $*"
  if ! quietly "$run/build.log" docker build --network host --build-arg "BROWSER=$browser" --tag oms-test-services "$root/tests/services/container"; then
    info "the image cannot be built"
    return 0
  fi
  local bin="$run/containers" each
  mkdir "$bin"
  for each in initdb postgres pg_dump pg_restore redis-server pgbouncer python3 chromedriver kill; do
    ln -s "$root/tests/services/container/program" "$bin/$each"
  done
  export OMS_TEST_CONTAINERS=$run OMS_TEST_KILL="$bin/kill"
  for each in "$@"; do
    case $each in
      postgresql) OMS_TEST_POSTGRES_BIN=$bin ;;
      redis) OMS_TEST_REDIS_SERVER="$bin/redis-server" ;;
      pgbouncer) OMS_TEST_PGBOUNCER="$bin/pgbouncer" ;;
      # The driver finds the browser in its container.
      chromium) OMS_TEST_CHROMEDRIVER="$bin/chromedriver" OMS_TEST_CHROMIUM=/usr/bin/chromium ;;
      python) export OMS_TEST_SMTP_PYTHON="$bin/python3" python="$bin/python3" ;;
    esac
  done
}

# Removes the containers that still run.
stop_containers() {
  if [ -d "$run/containers" ]; then
    docker ps --all --quiet --filter "label=oms-test=$run" | while read -r each; do
      docker rm --force "$each"
    done >/dev/null 2>&1 || true
  fi
}
