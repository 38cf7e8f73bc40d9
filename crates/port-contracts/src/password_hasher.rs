//! What a password hasher has to do.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use std::sync::Arc;

use domain::account::{NewPassword, PasswordAttempt, PasswordPolicy, port::PasswordHasher};

fn password(raw: &str) -> NewPassword {
    NewPassword::parse(raw, PasswordPolicy::CLASSIC).unwrap()
}

pub async fn the_right_password_fits_its_hash(hasher: Arc<dyn PasswordHasher>) {
    let hash = hasher.hash(password("correct horse")).await.unwrap();
    assert!(hasher.verify(PasswordAttempt::new("correct horse"), Some(hash)).await.unwrap());
}
