# shellcheck shell=bash
# shellcheck disable=SC2154 # with-services sets `run` and the programs
# A Python environment with aiosmtpd, for the mail servers of tests. It is created once, in cargo's
# target directory.

mail_home="${CARGO_TARGET_DIR:-$root/target}/test-services"
mail_python="$mail_home/smtp/bin/python3"

# The existing Python environment, if there is one.
has_mail_python() {
  [ -n "${OMS_TEST_SMTP_PYTHON:-}" ] && echo "$OMS_TEST_SMTP_PYTHON" && return
  "$mail_python" -c 'import aiosmtpd' 2>/dev/null && echo "$mail_python"
}

# Sets OMS_TEST_SMTP_PYTHON.
provide_mail() {
  if ! OMS_TEST_SMTP_PYTHON=$(has_mail_python); then
    mkdir -p "$mail_home"
    # Created under a temporary name and then renamed, so that other runs never use an incomplete
    # one.
    local partial="$mail_home/smtp.$$"
    info "creating a Python environment with aiosmtpd"
    if ! quietly "$run/venv.log" "$python" -m venv "$partial" ||
      ! quietly "$run/pip.log" "$partial/bin/python3" -m pip install --quiet aiosmtpd==1.4.6; then
      rm -rf "$partial"
      die "cannot create a Python environment with aiosmtpd"
    fi
    if [ ! -e "$mail_home/smtp" ]; then mv "$partial" "$mail_home/smtp" 2>/dev/null || true; fi
    rm -rf "$partial" "$mail_home/smtp/smtp.$$"
    OMS_TEST_SMTP_PYTHON=$(has_mail_python) || die "the Python environment in $mail_home/smtp does not work: remove it"
  fi
  export OMS_TEST_SMTP_PYTHON
}
