# shellcheck shell=bash
# shellcheck disable=SC2154 # with-services sets `run` and the programs
# A Python with aiosmtpd, for the mail servers of tests. It is made once, beside cargo's output.

mail_home="${CARGO_TARGET_DIR:-$root/target}/test-services"
mail_python="$mail_home/smtp/bin/python3"

# The Python that is there already, if it is.
has_mail_python() {
  [ -n "${OMS_TEST_SMTP_PYTHON:-}" ] && echo "$OMS_TEST_SMTP_PYTHON" && return
  "$mail_python" -c 'import aiosmtpd' 2>/dev/null && echo "$mail_python"
}

# Sets OMS_TEST_SMTP_PYTHON.
provide_mail() {
  if ! OMS_TEST_SMTP_PYTHON=$(has_mail_python); then
    mkdir -p "$mail_home"
    # Made under a name of this run's own and then moved, so that nobody ever meets half of one.
    local making="$mail_home/smtp.$$"
    say "making a Python environment with aiosmtpd"
    if ! quietly "$run/venv.log" "$python" -m venv "$making" ||
      ! quietly "$run/pip.log" "$making/bin/python3" -m pip install --quiet aiosmtpd==1.4.6; then
      rm -rf "$making"
      give_up "cannot make a Python environment with aiosmtpd"
    fi
    if [ ! -e "$mail_home/smtp" ]; then mv "$making" "$mail_home/smtp" 2>/dev/null || true; fi
    rm -rf "$making" "$mail_home/smtp/smtp.$$"
    OMS_TEST_SMTP_PYTHON=$(has_mail_python) || give_up "the Python environment in $mail_home/smtp does not work: remove it"
  fi
  export OMS_TEST_SMTP_PYTHON
}
