# shellcheck shell=bash
# Chromium and the program that drives it, for the tests of the API's page: a pair of one version.

# Whether the tests do without a browser, since whoever runs them says so.
without_browser() { [ "${OMS_TEST_BROWSER:-}" = off ]; }

# The drivers that are here. GitHub's machines have theirs where a variable says.
drivers() {
  local candidate
  for candidate in "${CHROMEWEBDRIVER:-/nowhere}/chromedriver" /usr/lib/chromium-browser/chromedriver \
    /usr/lib/chromium/chromedriver; do
    if [ -x "$candidate" ]; then echo "$candidate"; fi
  done
  find_program chromedriver || true
}

# "Chromium 140.0.7339.80 built on Debian": the first part of the version.
browser_version() { # program
  "$1" --version 2>/dev/null | sed -n 's/^[^0-9]* \([0-9][0-9]*\)\..*/\1/p' | head -n 1
}

# The browser that this driver drives, if it is there.
browser_of() { # driver
  local wanted candidate found
  wanted=$(browser_version "$1")
  for candidate in chromium chromium-browser google-chrome google-chrome-stable google-chrome-for-testing \
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' /Applications/Chromium.app/Contents/MacOS/Chromium; do
    if found=$(find_program "$candidate") && [ "$(browser_version "$found")" = "$wanted" ]; then
      echo "$found"
      return
    fi
  done
  return 1
}

# Fills in OMS_TEST_CHROMEDRIVER and OMS_TEST_CHROMIUM, if a pair is there.
look_for_browser() {
  local driver browser
  if has_browser; then return; fi
  while read -r driver; do
    if browser=${OMS_TEST_CHROMIUM:-$(browser_of "$driver")} && [ -n "$browser" ]; then
      OMS_TEST_CHROMEDRIVER=$driver OMS_TEST_CHROMIUM=$browser
      return
    fi
  done < <(if [ -n "${OMS_TEST_CHROMEDRIVER:-}" ]; then echo "$OMS_TEST_CHROMEDRIVER"; else drivers; fi)
}

# Whether a pair is there, or none is needed.
has_browser() {
  without_browser || { [ -n "${OMS_TEST_CHROMEDRIVER:-}" ] && [ -n "${OMS_TEST_CHROMIUM:-}" ]; }
}
