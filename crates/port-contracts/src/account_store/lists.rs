//! Lists of accounts.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::{
    Page, PageRequest,
    account::{Account, AccountCommand, RoleChange, port::AccountQuery},
};

use crate::{
    ShopFixture, Stores,
    builders::{page, timestamp},
    paging::assert_lists,
};

async fn list(stores: &Stores, page: PageRequest) -> Page<Account> {
    stores.accounts.list(&AccountQuery::all(page)).await.unwrap()
}

pub async fn listing_an_empty_store_returns_no_accounts(stores: Stores) {
    assert_lists(&[], async |page| list(&stores, page).await).await;
}

pub async fn the_list_contains_every_account_once_by_ascending_id(shop: ShopFixture) {
    let mut accounts = vec![shop.admin.clone(), shop.customer.clone()];
    for number in 0..9 {
        accounts.push(shop.register(&format!("user{number}@example.com")).await);
    }
    accounts.sort_by_key(|account| account.id);
    assert_lists(&accounts, async |page| list(&shop.stores, page).await).await;
}

pub async fn the_list_omits_deleted_accounts(shop: ShopFixture) {
    let deleted = shop.register("gone@example.com").await;
    let kept = shop.register("stays@example.com").await;
    shop.delete_account(deleted.id).await;
    let mut left = vec![shop.admin.clone(), shop.customer.clone(), kept];
    left.sort_by_key(|account| account.id);
    assert_lists(&left, async |page| list(&shop.stores, page).await).await;
}

pub async fn the_list_total_follows_every_change(shop: ShopFixture) {
    let total = async || list(&shop.stores, page(1, 1)).await.total;
    assert_eq!(total().await, 2);
    let user = shop.register("user@example.com").await;
    assert_eq!(total().await, 3);
    let toggle = AccountCommand::ChangeRole(RoleChange::Toggle);
    let promoted = shop.stores.accounts.execute(user.id, &toggle, shop.admin.actor(), timestamp(1));
    promoted.await.unwrap();
    assert_eq!(total().await, 3);
    shop.delete_account(user.id).await;
    assert_eq!(total().await, 2);
    shop.register("user@example.com").await;
    assert_eq!(total().await, 3);
}
