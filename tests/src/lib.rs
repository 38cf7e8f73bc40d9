//! The black-box tests of the `oms` binary are in `tests/`; this library is empty on purpose.
