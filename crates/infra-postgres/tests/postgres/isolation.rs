//! A database with another default isolation level: the store does not rely on the default.

use domain::account::{AccountCommand, Actor, Role, RoleChange, port::ChangeAccountError};
use port_contracts::{ShopFixture, StoreFixture as _, builders};

use crate::fixture::{Database, TestStore};

/// A store on a database whose default isolation level is repeatable read.
async fn store() -> TestStore {
    let database = Database::migrated().await;
    let name = &database.name;
    let default = "SET default_transaction_isolation = 'repeatable read'";
    let alter = format!("ALTER DATABASE {name} {default}");
    database.operator().await.batch_execute(&alter).await.unwrap();
    TestStore { store: database.store().await, database }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_admins_who_demote_each_other_one_stays_under_any_default_isolation() {
    let fixture = store().await;
    let shop = ShopFixture::open(fixture.stores()).await;
    let other = shop.register("other@example.com").await;
    let promote = AccountCommand::ChangeRole(RoleChange::Set(Role::Admin));
    let (admin, timestamp) = (shop.admin.actor(), builders::timestamp(1));
    let accounts = &shop.stores.accounts;
    accounts.execute(other.id, &promote, admin, timestamp).await.unwrap();
    let (operator, observer) =
        (fixture.database.operator().await, fixture.database.operator().await);

    // Both demotions arrive while another session holds the lock on the number of admins.
    let lock = "BEGIN; SELECT pg_advisory_xact_lock(7305204671220118903)";
    operator.batch_execute(lock).await.unwrap();
    let demotions = [(shop.admin.clone(), other.clone()), (other.clone(), shop.admin.clone())];
    let demotions = demotions.map(|(actor, target)| {
        let accounts = shop.stores.accounts.clone();
        tokio::spawn(async move {
            let demote = AccountCommand::ChangeRole(RoleChange::Set(Role::User));
            let actor = Actor::new(actor.id, Role::Admin);
            accounts.execute(target.id, &demote, actor, builders::timestamp(2)).await
        })
    });
    fixture.database.until_sessions_are_blocked(&observer, 2).await;
    operator.batch_execute("ROLLBACK").await.unwrap();

    let mut refused = 0;
    for demotion in demotions {
        if let Err(error) = demotion.await.unwrap() {
            assert!(!matches!(error, ChangeAccountError::Store(_)), "{error:?}");
            refused += 1;
        }
    }
    assert_eq!(refused, 1);
    assert!(accounts.has_admin().await.unwrap());
    assert_eq!(fixture.findings().await, []);
}
