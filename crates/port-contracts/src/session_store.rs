//! What an adapter of the session store has to do.

pub mod opening;
