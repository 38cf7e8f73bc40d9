//! Black-box tests of the `oms` binary live in `tests/`; this library is empty on purpose.
