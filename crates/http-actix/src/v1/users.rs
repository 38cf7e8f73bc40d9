//! `/api/v1/users`: register, log in, stay logged in, manage accounts.

mod session;
mod view;

use actix_web::{HttpResponse, http::header, web::Data};
use domain::{
    PersonName, UserId,
    account::{AccountCommand, EmailAddress, Role, RoleChange, service::Registration},
    rate_limit::LimitedAction,
};
use serde::Deserialize;
use validator::Validate;

pub(crate) use self::{
    session::{LoginBody, RefreshBody, log_in, log_out, refresh},
    view::UserView,
};
use super::{Message, page::PageView};
use crate::{
    problem::{Problem, ProblemCode},
    request::{
        Admin, ClientAddress, Field, PathId, QueryString, RawBody, SignedIn, V1Password, optional,
        required,
    },
    wiring::Services,
};

/// Where an account is found.
pub(crate) fn location(id: UserId) -> (header::HeaderName, String) {
    (header::LOCATION, format!("/api/v1/users/{id}"))
}

/// What a registration says.
#[derive(Deserialize, Validate)]
pub(crate) struct RegisterBody {
    #[serde(default)]
    #[validate(custom(function = "required"))]
    name: Field<PersonName>,
    #[serde(default)]
    #[validate(custom(function = "required"))]
    email: Field<EmailAddress>,
    #[serde(default)]
    #[validate(custom(function = "required"))]
    password: Field<V1Password>,
}

/// `POST /api/v1/users/register`
pub(crate) async fn register(
    client: ClientAddress,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: RegisterBody = body.json()?;
    services.limiter.check(LimitedAction::Register, client.0).await?;
    let registration = Registration {
        name: Some(body.name.required("name")?),
        email: body.email.required("email")?,
        password: body.password.required("password")?.0,
    };
    let account = services.accounts.register(registration).await?;
    Ok(HttpResponse::Created()
        .insert_header(location(account.id))
        .json(UserView::from(&account)))
}

/// `GET /api/v1/users`
pub(crate) async fn list(
    caller: Admin,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let asked = params.page();
    params.finish()?;
    let page = services.accounts.list(asked, caller.actor()).await?;
    Ok(HttpResponse::Ok().json(PageView::<UserView>::new(&page, asked)))
}

/// `GET /api/v1/users/me`
pub(crate) async fn me(caller: SignedIn) -> HttpResponse {
    HttpResponse::Ok().json(UserView::from(caller.account()))
}

/// `GET /api/v1/users/{id}`
pub(crate) async fn get(
    caller: SignedIn,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let account = services.accounts.view(UserId::new(id.get()?), caller.actor()).await?;
    Ok(HttpResponse::Ok().json(UserView::from(&account)))
}

/// What is to be different about an account.
#[derive(Deserialize, Validate)]
pub(crate) struct UpdateUserBody {
    #[serde(default)]
    #[validate(custom(function = "optional"))]
    name: Field<PersonName>,
    #[serde(default)]
    #[validate(custom(function = "optional"))]
    email: Field<EmailAddress>,
}

/// `PUT /api/v1/users/{id}`
pub(crate) async fn update(
    caller: SignedIn,
    id: PathId,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = UserId::new(id.get()?);
    if !caller.actor().may_access(id) {
        return Err(Problem::new(ProblemCode::NotAuthorized));
    }
    let body: UpdateUserBody = body.json()?;
    let update =
        AccountCommand::Update { name: body.name.optional(), email: body.email.optional() };
    changed(&services, id, &update, caller.actor()).await
}

/// Which role an account is to have.
#[derive(Deserialize, Validate)]
pub(crate) struct ChangeRoleBody {
    #[serde(default)]
    #[validate(custom(function = "optional"))]
    role: Field<Role>,
}

/// `PUT /api/v1/users/{id}/role`
pub(crate) async fn change_role(
    caller: Admin,
    id: PathId,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = UserId::new(id.get()?);
    let body: ChangeRoleBody = body.json_or_nothing()?;
    let change = body.role.optional().map_or(RoleChange::Toggle, RoleChange::Set);
    changed(&services, id, &AccountCommand::ChangeRole(change), caller.actor()).await
}

async fn changed(
    services: &Services,
    id: UserId,
    command: &AccountCommand,
    actor: domain::account::Actor,
) -> Result<HttpResponse, Problem> {
    let account = services.accounts.execute(id, command, actor).await?;
    let account = account.ok_or_else(|| Problem::new(ProblemCode::UserNotFound))?;
    Ok(HttpResponse::Ok().json(UserView::from(&account)))
}

/// `DELETE /api/v1/users/{id}`
pub(crate) async fn delete(
    caller: Admin,
    id: PathId,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = UserId::new(id.get()?);
    services.accounts.execute(id, &AccountCommand::Delete, caller.actor()).await?;
    Ok(HttpResponse::Ok().json(Message { message: "User deleted successfully" }))
}
