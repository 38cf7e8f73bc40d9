//! What a customer does with accounts: registers, logs in and out, changes the password, and has
//! the account deleted.

use serde_json::json;

use super::{
    account::Account,
    customer::Customer,
    request::{Outcome, text_of},
};
use crate::{
    harness::{ADMIN_EMAIL, PASSWORD},
    torture::ledger::{Certainty, Subject},
};

/// How often a login is repeated before it counts as refused: a change of the password with an
/// unknown outcome may happen between two attempts.
const LOGIN_ATTEMPTS: usize = 20;

impl Customer {
    /// Registers a new account. One whose registration has an unknown outcome is not used.
    pub(super) async fn register(&mut self) {
        let name = format!("customer{}", self.next_tag());
        let email = format!("{name}@example.com");
        let body = json!({"name": name, "email": email, "password": PASSWORD});
        let request = self.sender.anonymous().post("/api/v1/users/register", body);
        let what = format!("register {email}");
        if let Outcome::Acknowledged(response) =
            self.sender.send(request, &what, Subject::Shop, &[]).await
        {
            let id = response.id();
            self.sender.ledger.log(Subject::Account(id), format!("registered as {email}"));
            self.sender.ledger.facts().accounts.insert(id);
            self.account = Some(Account {
                id,
                email,
                passwords: vec![PASSWORD.to_owned()],
                token: None,
                orders: Vec::new(),
                keyed: Vec::new(),
            });
        }
    }

    /// Logs in to the account with each password that it may have.
    pub(super) async fn log_in(&mut self) {
        let Some(account) = &mut self.account else { return };
        for _ in 0..LOGIN_ATTEMPTS {
            for number in 0..account.passwords.len() {
                let password = account.passwords[number].clone();
                let subject = Subject::Account(account.id);
                match self.sender.log_in(&account.email, &password, subject).await {
                    Ok(Some(token)) => {
                        account.token = Some(token);
                        account.passwords.swap(0, number);
                        return;
                    }
                    Ok(None) => return,
                    Err(()) => {}
                }
            }
        }
        let passwords = &account.passwords;
        let refused =
            format!("none of the acknowledged or possible passwords works: {passwords:?}");
        self.sender.ledger.report(Subject::Account(account.id), refused);
        self.account = None;
    }

    /// Checks, without faults, that a login works.
    pub(in crate::torture) async fn check_login(&mut self) {
        let Some(account) = &mut self.account else { return };
        let before = account.token.take();
        self.log_in().await;
        // Both sessions stay valid.
        if let Some(account) = &mut self.account
            && let Some(token) = before
            && self.sender.chance(0.5)
        {
            account.token = Some(token);
        }
    }

    /// Ends the session.
    pub(super) async fn log_out(&mut self) {
        let Some(account) = &mut self.account else { return };
        let Some(token) = account.token.take() else { return };
        let id = account.id;
        let request =
            self.sender.with_token(&token).request(reqwest::Method::POST, "/api/v1/users/logout");
        match self.send_signed_in(request, "log out", Subject::Account(id), &[]).await {
            Outcome::Acknowledged(_) => self.revoked(id, token).await,
            Outcome::NotSent => {
                if let Some(account) = &mut self.account {
                    account.token = Some(token);
                }
            }
            Outcome::Refused(_) | Outcome::Unknown => {}
        }
    }

    /// Changes the password, which ends the other sessions.
    pub(super) async fn change_password(&mut self) {
        let new = format!("a new password {}", self.next_tag());
        let Some(account) = &mut self.account else { return };
        let Some(token) = account.token.clone() else { return };
        let (id, email, old) = (account.id, account.email.clone(), account.passwords[0].clone());
        let subject = Subject::Account(id);
        let Ok(Some(other)) = self.sender.log_in(&email, &old, subject).await else { return };
        let body = json!({"current_password": old, "new_password": new});
        let request = self.sender.with_token(&token).post("/api/v1/users/me/password", body);
        // The old password may have been replaced meanwhile.
        let allowed = if account.may_be_signed_out() { &["invalid_input"][..] } else { &[] };
        let what = format!("change the password from {old:?} to {new:?}");
        let outcome = self.send_signed_in(request, &what, subject, allowed).await;
        let Some(account) = &mut self.account else { return };
        match outcome {
            Outcome::Acknowledged(_) => {
                account.passwords = vec![new];
                self.revoked(id, other).await;
                if let Ok(Some(_)) = self.sender.log_in(&email, &old, subject).await {
                    self.sender.ledger.report(subject, "the replaced password works");
                }
            }
            Outcome::Unknown => account.passwords.push(new),
            Outcome::Refused(_) => account.passwords.rotate_left(1),
            Outcome::NotSent => {}
        }
    }

    /// Has staff delete the account.
    pub(super) async fn delete_account(&mut self) {
        if self.admin.is_none() {
            let admin = self.sender.log_in(ADMIN_EMAIL, PASSWORD, Subject::Shop).await;
            self.admin = admin.unwrap_or_default();
        }
        let Some(admin) = self.admin.clone() else { return };
        let Some(account) = &self.account else { return };
        let (id, subject) = (account.id, Subject::Account(account.id));
        let request = self.sender.with_token(&admin).delete(&format!("/api/v1/users/{id}"));
        let outcome = self.sender.send(request, "delete the account", subject, &[]).await;
        if matches!(outcome, Outcome::Refused(_) | Outcome::NotSent) {
            return;
        }
        let Some(account) = self.account.take() else { return };
        let certain = matches!(outcome, Outcome::Acknowledged(_));
        let certainty = if certain { Certainty::Certain } else { Certainty::Possible };
        self.sender.ledger.facts().deletions.insert(id, certainty);
        if certain {
            if let Some(token) = account.token {
                self.revoked(id, token).await;
            }
            let login = self.sender.log_in(&account.email, &account.passwords[0], subject).await;
            if let Ok(Some(_)) = login {
                self.sender.ledger.report(subject, "a deleted account can log in");
            }
        }
    }

    /// Records an acknowledged revocation, and checks it.
    async fn revoked(&mut self, account: i64, token: String) {
        self.sender.ledger.facts().revoked.push((account, token.clone()));
        self.sender.check_revoked(account, &token).await;
    }

    /// Reads the own account with the present token.
    pub(super) async fn read_account(&mut self) {
        let Some(account) = &self.account else { return };
        let Some(token) = account.token.clone() else { return };
        let request = self.sender.with_token(&token).get("/api/v1/users/me");
        let subject = Subject::Account(account.id);
        let email = account.email.clone();
        let outcome = self.send_signed_in(request, "read the account", subject, &[]).await;
        if let Outcome::Acknowledged(response) = outcome
            && text_of(&response.json, "email") != email
        {
            self.sender.ledger.report(subject, format!("another account: {response}"));
        }
    }
}
