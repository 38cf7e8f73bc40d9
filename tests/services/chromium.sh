# shellcheck shell=bash
# Chromium and chromedriver of the same version, for the tests of the Swagger UI page.

# Whether OMS_TEST_BROWSER=off skips the browser tests.
without_browser() { [ "${OMS_TEST_BROWSER:-}" = off ]; }

# The installed drivers. GitHub's runners name theirs in a variable.
drivers() {
  local candidate
  for candidate in "${CHROMEWEBDRIVER:-/nowhere}/chromedriver" /usr/lib/chromium-browser/chromedriver \
    /usr/lib/chromium/chromedriver; do
    if [ -x "$candidate" ]; then echo "$candidate"; fi
  done
  find_program chromedriver || true
}

# The major version in "Chromium 140.0.7339.80 built on Debian".
browser_version() { # program
  "$1" --version 2>/dev/null | sed -n 's/^[^0-9]* \([0-9][0-9]*\)\..*/\1/p' | head -n 1
}

# The installed browser of the version of this driver, if there is one.
browser_of() { # driver
  local version candidate found
  version=$(browser_version "$1")
  for candidate in chromium chromium-browser google-chrome google-chrome-stable google-chrome-for-testing \
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' /Applications/Chromium.app/Contents/MacOS/Chromium; do
    if found=$(find_program "$candidate") && [ "$(browser_version "$found")" = "$version" ]; then
      echo "$found"
      return
    fi
  done
  return 1
}

# Sets OMS_TEST_CHROMEDRIVER and OMS_TEST_CHROMIUM, if a pair is installed.
detect_browser() {
  local driver browser
  if has_browser; then return; fi
  while read -r driver; do
    if browser=${OMS_TEST_CHROMIUM:-$(browser_of "$driver")} && [ -n "$browser" ]; then
      OMS_TEST_CHROMEDRIVER=$driver OMS_TEST_CHROMIUM=$browser
      return
    fi
  done < <(if [ -n "${OMS_TEST_CHROMEDRIVER:-}" ]; then echo "$OMS_TEST_CHROMEDRIVER"; else drivers; fi)
}

# Whether a pair is installed, or none is needed.
has_browser() {
  without_browser || { [ -n "${OMS_TEST_CHROMEDRIVER:-}" ] && [ -n "${OMS_TEST_CHROMIUM:-}" ]; }
}
