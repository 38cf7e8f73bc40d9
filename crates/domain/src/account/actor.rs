//! Who makes a change.

use super::Role;
use crate::{TraceParent, UserId};

/// The account that a change is made by. History entries and movements record it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    /// The account.
    pub user: UserId,
    /// The account's rights.
    pub role: Role,
    /// The trace of the request that asks for the change, if there is one.
    pub trace: Option<TraceParent>,
}

impl Actor {
    /// An actor without a trace.
    pub const fn new(user: UserId, role: Role) -> Self {
        Self { user, role, trace: None }
    }

    /// The same actor, in this trace.
    #[must_use]
    pub const fn in_trace(self, trace: Option<TraceParent>) -> Self {
        Self { trace, ..self }
    }

    /// Whether the actor is staff.
    pub fn is_admin(self) -> bool {
        self.role == Role::Admin
    }

    /// Whether the actor may read and change what belongs to `owner`: staff may always, others only
    /// their own.
    pub fn may_access(self, owner: UserId) -> bool {
        self.is_admin() || self.user == owner
    }
}
