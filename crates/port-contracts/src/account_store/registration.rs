//! Making accounts.
#![expect(missing_docs, reason = "the name of a case says what it asks for")]

use crate::{Stores, builders};

pub async fn a_new_account_is_found_by_id_and_address(stores: Stores) {
    let account = builders::account("ada@example.com").create(stores.accounts.as_ref()).await;
    assert_eq!(stores.accounts.find(account.id).await.unwrap(), Some(account.clone()));
    let credentials = stores.accounts.credentials(&account.email).await.unwrap().unwrap();
    assert_eq!(credentials.account, account);
    assert_eq!(credentials.password, builders::password_hash("ada"));
}
