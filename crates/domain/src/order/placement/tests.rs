//! Which of a batch is placed.
