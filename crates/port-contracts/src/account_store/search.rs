//! Finding accounts by address, name and role.
#![expect(missing_docs, reason = "the name of a case states what it requires")]

use domain::account::{
    Account, AccountCommand, Role, RoleChange,
    port::{AccountFilter, AccountQuery},
};

use crate::{
    FromStores, ShopFixture, Stores,
    builders::{self, email, page, person, term, timestamp},
    paging::assert_lists,
};

/// Accounts with different names, addresses and roles, by ascending id.
pub struct Accounts {
    shop: ShopFixture,
    accounts: Vec<Account>,
}

impl FromStores for Accounts {
    async fn from_stores(stores: Stores) -> Self {
        let shop = ShopFixture::open(stores).await;
        let mut accounts = vec![shop.admin.clone(), shop.customer.clone()];
        for (name, address, role) in [
            ("Grace Hopper", "grace@navy.example", Role::User),
            ("Ζωή ΟΔΟΣ", "zoe@example.com", Role::Admin),
            ("JÜRGEN", "juergen@shop.example", Role::User),
            ("100% _real_", "o'neil@example.ie", Role::User),
            ("李雷", "lilei@example.com", Role::User),
            ("Hopper", "Grace.Hopper@example.com", Role::Admin),
        ] {
            let account = builders::account(address).with_name(name).with_role(role);
            accounts.push(account.create(shop.stores.accounts.as_ref()).await);
        }
        accounts.sort_by_key(|account| account.id);
        Self { shop, accounts }
    }
}

impl Accounts {
    /// Checks that a filter lists these accounts, in pages of several sizes.
    async fn assert_filter_lists(&self, filter: &AccountFilter, expected: &[Account]) {
        assert_lists(expected, async |page| {
            let query = AccountQuery { filter: filter.clone(), page };
            self.shop.stores.accounts.list(&query).await.unwrap()
        })
        .await;
    }

    /// The names of the accounts that a term finds.
    async fn names(&self, raw: &str) -> Vec<String> {
        let filter = AccountFilter { search: Some(term(raw)), ..AccountFilter::default() };
        let query = AccountQuery { filter, page: page(1, 100) };
        let found = self.shop.stores.accounts.list(&query).await.unwrap();
        assert_eq!(found.total, u64::try_from(found.items.len()).unwrap(), "{raw}");
        found.items.into_iter().map(|account| account.name.as_str().to_owned()).collect()
    }
}

pub async fn a_term_finds_accounts_by_name_and_address_case_insensitively(accounts: Accounts) {
    let cases: [(&str, &[&str]); 14] = [
        ("HOPPER", &["Grace Hopper", "Hopper"]),
        ("grace", &["Grace Hopper", "Hopper"]),
        ("grace.hopper@example.com", &["Hopper"]),
        ("navy", &["Grace Hopper"]),
        ("@shop.", &["JÜRGEN"]),
        ("jürgen", &["JÜRGEN"]),
        ("οδος", &["Ζωή ΟΔΟΣ"]),
        ("李雷", &["李雷"]),
        ("李", &["李雷"]),
        ("ie", &["100% _real_"]),
        ("% _", &["100% _real_"]),
        ("o'neil", &["100% _real_"]),
        ("hopper grace", &[]),
        ("nobody", &[]),
    ];
    for (raw, expected) in cases {
        assert_eq!(accounts.names(raw).await, expected, "{raw}");
    }
}

pub async fn an_account_is_found_by_its_address(accounts: Accounts) {
    for account in &accounts.accounts {
        let filter =
            AccountFilter { email: Some(account.email.clone()), ..AccountFilter::default() };
        accounts.assert_filter_lists(&filter, std::slice::from_ref(account)).await;
    }
    let unknown = email("grace@example.com");
    let filter = AccountFilter { email: Some(unknown), ..AccountFilter::default() };
    accounts.assert_filter_lists(&filter, &[]).await;
}

pub async fn accounts_are_found_by_every_combination_of_filters(accounts: Accounts) {
    let hopper = email("grace.hopper@example.com");
    for search in [None, Some("grace"), Some("example.com"), Some("a")] {
        for role in [None, Some(Role::User), Some(Role::Admin)] {
            for email in [None, Some(&hopper)] {
                let search = search.map(term);
                let filter = AccountFilter { email: email.cloned(), search, role };
                let matches = |account: &&Account| {
                    let text = account.search_text();
                    email.is_none_or(|email| account.email == *email)
                        && role.is_none_or(|role| account.role == role)
                        && filter.search.as_ref().is_none_or(|term| text.contains(term.folded()))
                };
                let expected: Vec<_> = accounts.accounts.iter().filter(matches).cloned().collect();
                accounts.assert_filter_lists(&filter, &expected).await;
            }
        }
    }
}

pub async fn a_search_follows_every_change_of_an_account(accounts: Accounts) {
    let Accounts { shop, accounts: all } = &accounts;
    let (store, admin) = (&shop.stores.accounts, shop.admin.actor());
    let grace = &all[2];
    let rename = AccountCommand::update(Some(person("Amazing Grace")), Some(email("a@b.co")));
    store.execute(grace.id, &rename, admin, timestamp(1)).await.unwrap();
    assert_eq!(accounts.names("navy").await, [""; 0]);
    assert_eq!(accounts.names("amazing").await, ["Amazing Grace"]);
    assert_eq!(accounts.names("a@b.co").await, ["Amazing Grace"]);
    let promote = AccountCommand::ChangeRole(RoleChange::Set(Role::Admin));
    store.execute(grace.id, &promote, admin, timestamp(2)).await.unwrap();
    let admins = AccountFilter {
        search: Some(term("amazing")),
        role: Some(Role::Admin),
        ..AccountFilter::default()
    };
    let query = AccountQuery { filter: admins, page: page(1, 10) };
    assert_eq!(store.list(&query).await.unwrap().total, 1);

    shop.delete_account(grace.id).await;
    for trace in ["amazing", "a@b.co", "deleted"] {
        assert_eq!(accounts.names(trace).await, [""; 0], "{trace}");
    }
    let by_email = AccountFilter { email: Some(email("a@b.co")), ..AccountFilter::default() };
    accounts.assert_filter_lists(&by_email, &[]).await;
}
