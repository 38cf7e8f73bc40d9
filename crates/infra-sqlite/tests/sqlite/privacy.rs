//! After an account is erased, its personal data is neither in the database nor in the file.

use std::fs;

use domain::account::{AccountCommand, AccountUpdate, AddressConfirmation};
use port_contracts::{ShopFixture, StoreFixture as _, builders};

use crate::fixture::Database;

fn contains(file: &[u8], text: &str) -> bool {
    file.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn an_erased_persons_data_is_not_in_the_file() {
    let (database, shop) = ShopFixture::on(Database::migrated()).await;
    let chair = shop.product("Chair", 10).await;
    let hash = builders::password_hash("her-own-hash");
    let account = builders::account("hedwig@example.com").with_name("Hedwig Eva Maria");
    let account = account.with_password(hash.clone()).verified();
    let hedwig = account.create(shop.stores.accounts.as_ref()).await;
    let new_address = AccountCommand::Update(AccountUpdate {
        email: Some(builders::email("eva-maria@example.com")),
        current_password: Some(hash.clone()),
        confirmation: AddressConfirmation::Always,
        ..AccountUpdate::default()
    });
    let (accounts, at) = (&shop.stores.accounts, builders::timestamp(10));
    let pending = accounts.execute(hedwig.id, &new_address, hedwig.actor(), at).await.unwrap();
    assert!(pending.unwrap().pending_email.is_some());
    let order = builders::order(&hedwig).with_customer("Hedwig Eva Maria").with_line(chair.id, 1);
    let order = shop.place(order.build()).await;
    shop.delete_account(hedwig.id).await;
    assert_eq!(shop.order(order.id()).await.unwrap().customer().as_str(), "Deleted user");

    database.store().close().await;
    let file = fs::read(database.path()).unwrap();
    assert!(contains(&file, "Deleted user"), "the test reads the right file");
    for trace in ["hedwig", "Hedwig", "eva-maria", hash.expose()] {
        assert!(!contains(&file, trace), "{trace} is still there");
    }
}

#[tokio::test]
async fn an_order_placed_after_its_account_was_erased_does_not_store_the_name() {
    let (_database, shop) = ShopFixture::on(Database::migrated()).await;
    let chair = shop.product("Chair", 10).await;
    shop.delete_account(shop.customer.id).await;
    let late = builders::order(&shop.customer).with_customer("Ada").with_line(chair.id, 1).build();
    let placed = shop.place(late).await;
    assert_eq!(placed.customer().as_str(), "Deleted user");
    assert_eq!(shop.order(placed.id()).await, Some(placed));
}
