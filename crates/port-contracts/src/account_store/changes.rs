//! Changing accounts.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    UserId,
    account::{
        Account, AccountCommand, AccountRefusal, Actor, Role, RoleChange, port::ChangeAccountError,
    },
};

use crate::{
    ShopFixture,
    builders::{self, email, person, timestamp},
};

const TOGGLE: AccountCommand = AccountCommand::ChangeRole(RoleChange::Toggle);

fn update(name: Option<&str>, address: Option<&str>) -> AccountCommand {
    AccountCommand::update(name.map(person), address.map(email))
}

async fn execute(
    shop: &ShopFixture,
    id: UserId,
    command: &AccountCommand,
    actor: Actor,
) -> Result<Option<Account>, ChangeAccountError> {
    shop.stores.accounts.execute(id, command, actor, timestamp(10)).await
}

pub async fn an_update_changes_the_name_and_the_email_address(shop: ShopFixture) {
    let ShopFixture { customer, admin, .. } = &shop;
    let rename = update(Some("Ada L."), None);
    let renamed = execute(&shop, customer.id, &rename, customer.actor()).await.unwrap().unwrap();
    assert_eq!(renamed, Account { name: person("Ada L."), ..customer.clone() });
    assert_eq!(shop.stores.accounts.find(customer.id).await.unwrap(), Some(renamed.clone()));

    let update = update(None, Some("Countess@example.com"));
    let updated = execute(&shop, customer.id, &update, admin.actor()).await.unwrap().unwrap();
    assert_eq!(updated, Account { email: email("countess@example.com"), ..renamed });
    let credentials = shop.stores.accounts.credentials(&updated.email).await.unwrap().unwrap();
    assert_eq!(credentials.account, updated);
    assert_eq!(credentials.password, builders::password_hash("ada"));
    assert!(shop.stores.accounts.credentials(&customer.email).await.unwrap().is_none());
}

pub async fn changing_an_email_address_frees_the_old_one(shop: ShopFixture) {
    let update = update(None, Some("countess@example.com"));
    execute(&shop, shop.customer.id, &update, shop.customer.actor()).await.unwrap();
    let successor = shop.register("ada@example.com").await;
    assert_ne!(successor.id, shop.customer.id);
}

pub async fn an_update_to_the_same_values_succeeds_and_changes_nothing(shop: ShopFixture) {
    let same = update(Some("Ada"), Some("ADA@example.com"));
    let updated = execute(&shop, shop.customer.id, &same, shop.customer.actor()).await.unwrap();
    assert_eq!(updated, Some(shop.customer.clone()));
    let nothing = update(None, None);
    let updated = execute(&shop, shop.customer.id, &nothing, shop.customer.actor()).await.unwrap();
    assert_eq!(updated, Some(shop.customer));
}

pub async fn an_update_to_an_email_address_in_use_fails_and_changes_nothing(shop: ShopFixture) {
    let taken = update(Some("Impostor"), Some("ADMIN@example.com"));
    let refused = execute(&shop, shop.customer.id, &taken, shop.customer.actor()).await;
    assert!(matches!(refused, Err(ChangeAccountError::EmailTaken)), "{refused:?}");
    let found = shop.stores.accounts.find(shop.customer.id).await.unwrap();
    assert_eq!(found, Some(shop.customer.clone()));
    assert_eq!(shop.stores.accounts.find(shop.admin.id).await.unwrap(), Some(shop.admin));
}

pub async fn a_role_can_be_toggled_or_set(shop: ShopFixture) {
    let role_changes = [
        (RoleChange::Toggle, Role::Admin),
        (RoleChange::Set(Role::Admin), Role::Admin),
        (RoleChange::Toggle, Role::User),
        (RoleChange::Set(Role::User), Role::User),
        (RoleChange::Set(Role::Admin), Role::Admin),
    ];
    for (change, role) in role_changes {
        let command = AccountCommand::ChangeRole(change);
        let changed = execute(&shop, shop.customer.id, &command, shop.admin.actor()).await;
        let expected = Some(Account { role, ..shop.customer.clone() });
        assert_eq!(changed.unwrap(), expected);
        assert_eq!(shop.stores.accounts.find(shop.customer.id).await.unwrap(), expected);
    }
}

pub async fn an_unauthorized_command_is_forbidden_and_changes_nothing(shop: ShopFixture) {
    let other = shop.register("other@example.com").await;
    let attempts = [
        (&other, update(Some("Eve"), None)),
        (&shop.customer, TOGGLE),
        (&shop.customer, AccountCommand::Delete),
    ];
    for (actor, command) in attempts {
        let refused = execute(&shop, shop.customer.id, &command, actor.actor()).await;
        let forbidden = AccountRefusal::Forbidden;
        assert!(matches!(refused, Err(ChangeAccountError::Refused(why)) if why == forbidden));
        let found = shop.stores.accounts.find(shop.customer.id).await.unwrap();
        assert_eq!(found.as_ref(), Some(&shop.customer));
    }
}

pub async fn the_last_admin_cannot_be_demoted_or_deleted(shop: ShopFixture) {
    for command in
        [TOGGLE, AccountCommand::ChangeRole(RoleChange::Set(Role::User)), AccountCommand::Delete]
    {
        let refused = execute(&shop, shop.admin.id, &command, shop.admin.actor()).await;
        let last = AccountRefusal::LastAdmin;
        assert!(matches!(refused, Err(ChangeAccountError::Refused(why)) if why == last));
    }
    assert_eq!(shop.stores.accounts.find(shop.admin.id).await.unwrap(), Some(shop.admin.clone()));

    let set = AccountCommand::ChangeRole(RoleChange::Set(Role::Admin));
    execute(&shop, shop.admin.id, &set, shop.admin.actor()).await.unwrap();
    let second = shop.register_admin("second@example.com").await;
    execute(&shop, shop.admin.id, &TOGGLE, shop.admin.actor()).await.unwrap();
    let refused = execute(&shop, second.id, &AccountCommand::Delete, second.actor()).await;
    assert!(matches!(refused, Err(ChangeAccountError::Refused(AccountRefusal::LastAdmin))));
}

pub async fn a_deleted_admin_does_not_count_as_an_admin(shop: ShopFixture) {
    let second = shop.register_admin("second@example.com").await;
    shop.delete_account(second.id).await;
    let refused = execute(&shop, shop.admin.id, &TOGGLE, shop.admin.actor()).await;
    assert!(matches!(refused, Err(ChangeAccountError::Refused(AccountRefusal::LastAdmin))));
}

pub async fn changing_an_unknown_account_fails_with_not_found(shop: ShopFixture) {
    let unknown = UserId::new(shop.customer.id.get() + 1_000);
    for command in [update(Some("Eve"), None), TOGGLE, AccountCommand::Delete] {
        let refused = execute(&shop, unknown, &command, shop.admin.actor()).await;
        assert!(matches!(refused, Err(ChangeAccountError::NotFound)), "{refused:?}");
    }
}

pub async fn renaming_an_account_leaves_existing_orders_unchanged(shop: ShopFixture) {
    let product = shop.product("Lamp", 5).await;
    let order = shop.place(builders::order(&shop.customer).with_line(product.id, 1).build()).await;
    let rename = update(Some("Countess"), None);
    execute(&shop, shop.customer.id, &rename, shop.customer.actor()).await.unwrap();
    assert_eq!(shop.order(order.id()).await, Some(order));
}
