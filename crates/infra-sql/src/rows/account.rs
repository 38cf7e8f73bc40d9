//! The row of a live account.

use diesel::Queryable;
use domain::{
    PersonName, Timestamp, UserId,
    account::{Account, Credentials, EmailAddress, PasswordHash, Role},
};

use crate::{ColumnValue, Unreadable};

/// A live account. `email` is not NULL, by a constraint of the table.
#[derive(Queryable)]
#[expect(missing_docs, reason = "each member is the column of its name")]
pub struct AccountRow<Time> {
    pub id: i64,
    pub name: String,
    pub email: Option<String>,
    pub email_verified_at: Option<Time>,
    pub pending_email: Option<String>,
    pub role: String,
    pub created_at: Time,
}

/// The columns of an [`AccountRow`] in this table.
#[macro_export]
macro_rules! account_columns {
    ($users:ident) => {
        (
            $users::id,
            $users::name,
            $users::email,
            $users::email_verified_at,
            $users::pending_email,
            $users::role,
            $users::created_at,
        )
    };
}

impl<Time: ColumnValue<Timestamp>> AccountRow<Time> {
    /// Converts the row to an account.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_account(self) -> Result<Account, Unreadable> {
        let unreadable = |reason: &dyn ToString| Unreadable::new("users", &self.id, reason);
        let address = |raw: &str| EmailAddress::restore(raw).map_err(|error| unreadable(&error));
        let time = |at: Time| at.read().map_err(|error| unreadable(&error));
        Ok(Account {
            id: UserId::new(self.id),
            name: PersonName::restore(self.name).map_err(|error| unreadable(&error))?,
            email: address(self.email.as_deref().unwrap_or_default())?,
            email_verified_at: self.email_verified_at.map(time).transpose()?,
            pending_email: self.pending_email.as_deref().map(address).transpose()?,
            role: self.role.parse::<Role>().map_err(|error| unreadable(&error))?,
            created_at: time(self.created_at)?,
        })
    }

    /// Converts the row to an account with the hash of its password.
    ///
    /// # Errors
    /// [`Unreadable`] if the domain rejects a value.
    pub fn into_credentials(self, password_hash: String) -> Result<Credentials, Unreadable> {
        let password = PasswordHash::new(password_hash);
        Ok(Credentials { account: self.into_account()?, password })
    }
}
