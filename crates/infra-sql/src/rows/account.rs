//! The row of a live account.

use diesel::Queryable;
use domain::{
    PersonName, Timestamp, UserId,
    account::{Account, EmailAddress, Role},
};

use crate::{ColumnValue, Unreadable};

/// A live account. `email` is not NULL, by a constraint of the table.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct AccountRow<Time> {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub role: String,
    pub created_at: Time,
}

/// The columns of an [`AccountRow`] in this table.
#[macro_export]
macro_rules! account_columns {
    ($users:ident) => {
        ($users::id, $users::name, $users::email, $users::role, $users::created_at)
    };
}

impl<Time: ColumnValue<Timestamp>> AccountRow<Time> {
    /// Converts the row to an account.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_account(self) -> Result<Account, Unreadable> {
        let unreadable = |reason: &dyn ToString| Unreadable::new("users", &self.id, reason);
        let email = self.email.as_deref().unwrap_or_default();
        Ok(Account {
            id: UserId::new(self.id),
            name: PersonName::parse(self.name).map_err(|error| unreadable(&error))?,
            email: EmailAddress::parse(email).map_err(|error| unreadable(&error))?,
            role: self.role.parse::<Role>().map_err(|error| unreadable(&error))?,
            created_at: self.created_at.read().map_err(|error| unreadable(&error))?,
        })
    }
}
