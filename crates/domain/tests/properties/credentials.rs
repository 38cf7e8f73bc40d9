//! Random commands on addresses and passwords keep what the databases demand, and nothing but a
//! confirmation or a reset confirms an address.

use domain::{
    PersonName, Timestamp, UserId,
    account::{
        Account, AccountChange, AccountCommand, AccountUpdate, Actor, AddressConfirmation,
        ChangedAccount, Credentials, EmailAddress, PasswordHash, RevokedSessions, Role,
    },
};
use proptest::{collection::vec, prelude::*, sample::select};

const ADDRESSES: [&str; 3] = ["ada@example.com", "countess@example.com", "new@example.com"];
const PASSWORDS: [&str; 2] = ["one", "other"];
const CONFIRMATIONS: [AddressConfirmation; 3] =
    [AddressConfirmation::Unavailable, AddressConfirmation::OnRequest, AddressConfirmation::Always];

fn address() -> impl Strategy<Value = EmailAddress> {
    select(&ADDRESSES[..])
        .prop_filter_map("an address", |address| EmailAddress::parse(address).ok())
}

fn hash() -> impl Strategy<Value = PasswordHash> {
    select(&PASSWORDS[..]).prop_map(PasswordHash::new)
}

fn command() -> impl Strategy<Value = AccountCommand> {
    let update = (address(), proptest::option::of(hash()), select(&CONFIRMATIONS[..]));
    prop_oneof![
        3 => update.prop_map(|(email, current_password, confirmation)| {
            let email = Some(email);
            AccountCommand::Update(AccountUpdate {
                email,
                current_password,
                confirmation,
                ..AccountUpdate::default()
            })
        }),
        3 => (address(), address()).prop_map(|(address, current)| {
            AccountCommand::ConfirmAddress { address, current, session: None }
        }),
        1 => (hash(), hash()).prop_map(|(current, new)| {
            AccountCommand::ChangePassword { current, new, session: None }
        }),
        1 => (hash(), address(), hash()).prop_map(|(current, email, new)| {
            AccountCommand::ResetPassword { current, email, new }
        }),
        1 => hash().prop_map(|new| AccountCommand::SetPassword { new }),
    ]
}

fn ada(verified: bool) -> Option<Credentials> {
    let account = Account {
        id: UserId::new(7),
        name: PersonName::parse("Ada").ok()?,
        email: EmailAddress::parse(ADDRESSES[0]).ok()?,
        email_verified_at: verified.then_some(Timestamp::UNIX_EPOCH),
        pending_email: None,
        role: Role::User,
        created_at: Timestamp::UNIX_EPOCH,
    };
    Some(Credentials { account, password: PasswordHash::new(PASSWORDS[0]) })
}

proptest! {
    #[test]
    fn a_pending_address_replaces_a_confirmed_one_and_only_proofs_confirm(
        verified in any::<bool>(),
        commands in vec((any::<bool>(), command()), 1..40),
    ) {
        let mut known = ada(verified).ok_or_else(|| TestCaseError::fail("an account"))?;
        for (by_staff, command) in commands {
            let owner = known.account.actor();
            let actor = if by_staff { Actor::new(UserId::new(1), Role::Admin) } else { owner };
            let decided = known.decide(&command, actor, 1, Timestamp::UNIX_EPOCH);
            let Ok(AccountChange::Keep(changed)) = decided else { continue };
            let ChangedAccount { account, password, revoked, mails: _, events: _ } = *changed;
            let before = &known.account;
            if let Some(pending) = &account.pending_email {
                prop_assert!(account.email_verified_at.is_some());
                prop_assert_ne!(pending, &account.email);
            }
            if password.is_some() {
                prop_assert!(account.pending_email.is_none());
                prop_assert_ne!(revoked, RevokedSessions::None);
            }
            if account.email != before.email {
                prop_assert!(
                    before.email_verified_at.is_none() || revoked != RevokedSessions::None
                );
                let confirmed = before.pending_email.as_ref() == Some(&account.email);
                prop_assert!(confirmed || account.email_verified_at.is_none());
            }
            if before.email_verified_at.is_none() && account.email_verified_at.is_some() {
                let is_proof = matches!(
                    command,
                    AccountCommand::ConfirmAddress { .. } | AccountCommand::ResetPassword { .. }
                );
                prop_assert!(is_proof, "{:?}", command);
            }
            known.account = account;
            known.password = password.unwrap_or(known.password);
        }
    }
}
