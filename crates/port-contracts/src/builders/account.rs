//! Accounts.

use domain::{
    PersonName, TraceParent,
    account::{
        Account, AccountCommand, EmailAddress, EmailStatus, NewAccount, OpenOrders, PasswordHash,
        Role,
        port::{AccountStore, CreateAccountError},
    },
};

use super::timestamp;

/// An account that a test is about to create.
#[derive(Debug, Clone)]
pub struct AccountBuilder(NewAccount);

/// The account of a user called `Ada` with this email address.
pub fn account(address: &str) -> AccountBuilder {
    AccountBuilder(NewAccount {
        name: person("Ada"),
        email: email(address),
        email_status: EmailStatus::Unverified,
        password: password_hash("ada"),
        role: Role::User,
        created_at: timestamp(0),
        trace: None,
    })
}

impl AccountBuilder {
    /// With this name.
    #[must_use]
    pub fn with_name(mut self, name: &str) -> Self {
        self.0.name = person(name);
        self
    }

    /// With an address that is confirmed from the start.
    #[must_use]
    pub fn verified(mut self) -> Self {
        self.0.email_status = EmailStatus::Verified;
        self
    }

    /// With an address that a mail asks to confirm.
    #[must_use]
    pub fn asked(mut self) -> Self {
        self.0.email_status = EmailStatus::Asked;
        self
    }

    /// With that role.
    #[must_use]
    pub fn with_role(mut self, role: Role) -> Self {
        self.0.role = role;
        self
    }

    /// With this password hash.
    #[must_use]
    pub fn with_password(mut self, hash: PasswordHash) -> Self {
        self.0.password = hash;
        self
    }

    /// Created at this [`timestamp`].
    #[must_use]
    pub fn with_timestamp(mut self, seconds: i64) -> Self {
        self.0.created_at = timestamp(seconds);
        self
    }

    /// Created in this trace.
    #[must_use]
    pub fn with_trace(mut self, trace: TraceParent) -> Self {
        self.0.trace = Some(trace);
        self
    }

    /// The account, ready to create.
    pub fn build(self) -> NewAccount {
        self.0
    }

    /// Creates the account.
    ///
    /// # Errors
    /// The store's error.
    pub async fn try_create(self, store: &dyn AccountStore) -> Result<Account, CreateAccountError> {
        store.create(self.0).await
    }

    /// Creates the account, which must succeed.
    pub async fn create(self, store: &dyn AccountStore) -> Account {
        self.try_create(store).await.expect("the account is created")
    }
}

/// Deletes an account, and cancels its open orders.
pub const DELETE: AccountCommand = AccountCommand::Delete { open_orders: OpenOrders::Cancel };

/// An email address.
pub fn email(raw: &str) -> EmailAddress {
    EmailAddress::parse(raw).expect("an email address")
}

/// A person's name.
pub fn person(raw: &str) -> PersonName {
    PersonName::parse(raw).expect("a person's name")
}

/// A text in the format of a bcrypt hash that matches no password.
pub fn password_hash(mark: &str) -> PasswordHash {
    PasswordHash::new(format!("$2b$04${mark:.<53}"))
}
