//! Creating accounts and finding them.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    PersonName, UserId,
    account::{EmailAddress, PasswordHash, Role, port::CreateAccountError},
};

use crate::{
    Stores,
    builders::{self, email, password_hash, person, timestamp},
};

pub async fn a_created_account_is_found_by_id_and_email_address(stores: Stores) {
    let new = builders::account("ada@example.com").with_timestamp(5).build();
    let account = stores.accounts.create(new.clone()).await.unwrap();
    assert_eq!(account.name, new.name);
    assert_eq!(account.email, new.email);
    assert_eq!(account.role, Role::User);
    assert_eq!(account.created_at, timestamp(5));

    assert_eq!(stores.accounts.find(account.id).await.unwrap(), Some(account.clone()));
    let credentials = stores.accounts.credentials(&new.email).await.unwrap().unwrap();
    assert_eq!(credentials.account, account);
    assert_eq!(credentials.password, new.password);
}

pub async fn an_account_is_created_with_the_given_role(stores: Stores) {
    let new = builders::account("root@example.com").with_role(Role::Admin);
    let admin = new.create(stores.accounts.as_ref()).await;
    assert_eq!(admin.role, Role::Admin);
    assert_eq!(stores.accounts.find(admin.id).await.unwrap(), Some(admin));
}

pub async fn an_unknown_id_or_email_address_finds_no_account(stores: Stores) {
    let account = builders::account("ada@example.com").create(stores.accounts.as_ref()).await;
    for id in [account.id.get() + 1, 0, -1, i64::MAX, i64::MIN] {
        assert_eq!(stores.accounts.find(UserId::new(id)).await.unwrap(), None);
    }
    let unknown = stores.accounts.credentials(&email("unknown@example.com")).await.unwrap();
    assert!(unknown.is_none());
    let part = stores.accounts.credentials(&email("da@example.com")).await.unwrap();
    assert!(part.is_none());
}

pub async fn an_email_address_in_use_is_taken_regardless_of_case(stores: Stores) {
    let first = builders::account("ada@example.com").create(stores.accounts.as_ref()).await;
    for address in ["ada@example.com", "ADA@Example.COM"] {
        let again = builders::account(address).with_name("Impostor").with_role(Role::Admin);
        let taken = again.try_create(stores.accounts.as_ref()).await;
        assert!(matches!(taken, Err(CreateAccountError::EmailTaken)), "{taken:?}");
    }
    let found = stores.accounts.credentials(&first.email).await.unwrap().unwrap();
    assert_eq!(found.account, first);
}

pub async fn non_ascii_email_addresses_are_compared_case_insensitively(stores: Stores) {
    let first = builders::account("JÜRGEN@example.com").create(stores.accounts.as_ref()).await;
    let again = builders::account("jürgen@example.com").try_create(stores.accounts.as_ref()).await;
    assert!(matches!(again, Err(CreateAccountError::EmailTaken)), "{again:?}");
    let found = stores.accounts.credentials(&email("Jürgen@example.com")).await.unwrap().unwrap();
    assert_eq!(found.account, first);
}

pub async fn wildcards_in_email_addresses_match_literally(stores: Stores) {
    let store = stores.accounts.as_ref();
    let one = builders::account("a_b@example.com").create(store).await;
    let other = builders::account("axb@example.com").create(store).await;
    let third = builders::account("a%b@example.com").create(store).await;
    for account in [one, other, third] {
        let found = stores.accounts.credentials(&account.email).await.unwrap().unwrap();
        assert_eq!(found.account, account);
    }
}

pub async fn boundary_values_are_stored_unchanged(stores: Stores) {
    let label = "b".repeat(60);
    let address = format!("{}@{label}.{label}.{label}.com", "a".repeat(64));
    let name = "𝄞".repeat(PersonName::MAX_CHARS);
    let hash = PasswordHash::new(format!("$2b$12${}", "x".repeat(53)));
    let longest = builders::account(&address).with_name(&name).with_password(hash.clone());
    let longest = longest.create(stores.accounts.as_ref()).await;
    assert_eq!(longest.name, person(&name));
    assert_eq!(longest.email.as_str(), address);
    let found = stores.accounts.credentials(&longest.email).await.unwrap().unwrap();
    assert_eq!((found.account, found.password), (longest, hash));

    for (number, odd) in
        [" Ada ", "O'Neil\\n", "\"; --", "a\u{a0}b", "👩‍🚀", "é\u{301}"].iter().enumerate()
    {
        let account = builders::account(&format!("odd{number}@example.com")).with_name(odd);
        let account = account.create(stores.accounts.as_ref()).await;
        let found = stores.accounts.find(account.id).await.unwrap().unwrap();
        assert_eq!(found.name.as_str(), *odd);
    }
    let quoted: EmailAddress = email("o'neil+\"x\"@example.com".replace('"', "").as_str());
    let account = builders::account(quoted.as_str()).create(stores.accounts.as_ref()).await;
    assert_eq!(account.email, quoted);
}

pub async fn the_first_admin_is_created_if_no_admin_exists(stores: Stores) {
    builders::account("ada@example.com").create(stores.accounts.as_ref()).await;
    assert!(!stores.accounts.has_admin().await.unwrap());
    let new = builders::account("root@example.com").with_role(Role::Admin).build();
    let admin = stores.accounts.create_first_admin(new.clone()).await.unwrap().unwrap();
    assert_eq!((admin.role, &admin.email), (Role::Admin, &new.email));
    assert!(stores.accounts.has_admin().await.unwrap());
    assert_eq!(stores.accounts.find(admin.id).await.unwrap(), Some(admin.clone()));
    let credentials = stores.accounts.credentials(&admin.email).await.unwrap().unwrap();
    assert_eq!(credentials.password, password_hash("ada"));
}

pub async fn no_first_admin_is_created_if_an_admin_exists(stores: Stores) {
    let root = builders::account("root@example.com").with_role(Role::Admin);
    let root = root.create(stores.accounts.as_ref()).await;
    for address in ["other@example.com", "root@example.com"] {
        let second = builders::account(address).with_role(Role::Admin).with_name("Second").build();
        assert_eq!(stores.accounts.create_first_admin(second).await.unwrap(), None);
    }
    assert!(stores.accounts.credentials(&email("other@example.com")).await.unwrap().is_none());
    assert_eq!(stores.accounts.find(root.id).await.unwrap(), Some(root));
}

pub async fn creating_the_first_admin_with_a_taken_email_address_fails(stores: Stores) {
    let user = builders::account("ada@example.com").create(stores.accounts.as_ref()).await;
    let new = builders::account("ada@example.com").with_role(Role::Admin).build();
    let taken = stores.accounts.create_first_admin(new).await;
    assert!(matches!(taken, Err(CreateAccountError::EmailTaken)), "{taken:?}");
    assert_eq!(stores.accounts.find(user.id).await.unwrap(), Some(user));
}
