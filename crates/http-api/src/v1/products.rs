//! `/api/v1/products`: the catalogue, and its management.

mod view;

use actix_web::{HttpResponse, HttpResponseBuilder, web::Data};
use domain::{
    Description, OrderId, Page, Price, ProductId, ProductName, Stock, Timestamp,
    product::{
        NewProduct, Product, ProductCommand, ProductUpdate, StockMovement, port::ProductQuery,
    },
};
use http_request::{Field, IfMatch, PathId, QueryString, RawBody, Services, optional, required};
use serde::{Deserialize, Serialize};
use validator::Validate;

use self::view::ProductView;
use super::page::PageView;
use crate::{
    caller::Admin,
    openapi::{params, problems, value_schemas},
    problem::{Problem, ProblemCode},
    response_cache::{self, ResponseCaches},
    routing::{self, Operation},
    views::{MessageView, created, timestamp, with_etag},
};

pub(crate) fn operations() -> impl IntoIterator<Item = Operation> {
    routing::operations!(list, create, get, update, delete, restore, movements)
}

/// Presents one product, with its entity tag.
fn respond(response: HttpResponseBuilder, product: &Product) -> HttpResponse {
    with_etag(response, product.version, ProductView::from(product))
}

/// A product to be made.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = NewProduct)]
pub(crate) struct CreateProductBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::product_name, required)]
    name: Field<ProductName>,
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = value_schemas::product_description)]
    description: Field<Description>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::price, required)]
    price: Field<Price>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::stock, required)]
    stock: Field<Stock>,
}

#[utoipa::path(
    post, path = "/api/v1/products", tag = "products", operation_id = "createProduct",
    summary = "Make a product", description = "Staff only.",
    request_body = CreateProductBody,
    responses(
        (status = 201, description = "The new product", body = ProductView, headers(("Location"), ("ETag"))),
        problems::CreateProduct,
    ),
)]
async fn create(
    caller: Admin,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let body: CreateProductBody = body.json()?;
    let product = NewProduct {
        name: body.name.required("name")?,
        description: body.description.optional(),
        price: body.price.required("price")?,
        stock: body.stock.required("stock")?,
    };
    let (products, actor) = (services.products.clone(), caller.actor());
    let create = async move { products.create(product, actor).await };
    let product = services.changes.run(create).await?;
    Ok(respond(created::at(format!("/api/v1/products/{}", product.id)), &product))
}

#[utoipa::path(
    get, path = "/api/v1/products", tag = "products", operation_id = "listProducts",
    summary = "Browse the catalogue", description = "Newest first; deleted products never show.", security(()),
    params(params::PageParams, params::ProductSearchParam),
    responses((status = 200, description = "A page of products", body = PageView<ProductView>), problems::PublicList),
)]
async fn list(
    query: QueryString,
    services: Data<Services>,
    responses: Data<ResponseCaches>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let query = ProductQuery { search: params.search(), page: params.page() };
    params.finish()?;
    let page = services.products.list(&query).await?;
    let view = |page: &Page<_>| PageView::<ProductView>::new(page, query.page);
    Ok(response_cache::respond(responses.pages.json(&query, &page, view)?, None))
}

#[utoipa::path(
    get, path = "/api/v1/products/{id}", tag = "products", operation_id = "getProduct",
    summary = "Look at a product", security(()),
    params(params::IdParam),
    responses(
        (status = 200, description = "The product", body = ProductView, headers(("ETag"))),
        problems::ViewProduct,
    ),
)]
async fn get(
    id: PathId,
    services: Data<Services>,
    responses: Data<ResponseCaches>,
) -> Result<HttpResponse, Problem> {
    let id = ProductId::new(id.get()?);
    let found = services.products.find(id).await?;
    let product = found.ok_or_else(|| Problem::new(ProblemCode::ProductNotFound))?;
    let json =
        responses.products.json(&id, &product, |product: &Product| ProductView::from(product))?;
    Ok(response_cache::respond(json, Some(product.version)))
}

/// What is to be different about a product.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = ProductUpdate)]
pub(crate) struct UpdateProductBody {
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = value_schemas::product_name)]
    name: Field<ProductName>,
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = value_schemas::product_description)]
    description: Field<Description>,
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = value_schemas::price)]
    price: Field<Price>,
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = value_schemas::stock)]
    stock: Field<Stock>,
}

#[utoipa::path(
    put, path = "/api/v1/products/{id}", tag = "products", operation_id = "updateProduct",
    summary = "Change a product",
    description = "Staff only. What is not named stays as it is; orders keep the price they were placed at.",
    params(params::IdParam, params::IfMatchParam),
    request_body = UpdateProductBody,
    responses(
        (status = 200, description = "The product from now on", body = ProductView, headers(("ETag"))),
        problems::UpdateProduct,
    ),
)]
async fn update(
    caller: Admin,
    id: PathId,
    if_match: IfMatch,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = ProductId::new(id.get()?);
    let body: UpdateProductBody = body.json()?;
    let update = ProductCommand::Update(ProductUpdate {
        name: body.name.optional(),
        description: body.description.nullable(),
        price: body.price.optional(),
        stock: body.stock.optional(),
    });
    let product =
        services.change_product(id, update, if_match.expected_version(), caller.actor()).await?;
    Ok(respond(HttpResponse::Ok(), &product))
}

#[utoipa::path(
    delete, path = "/api/v1/products/{id}", tag = "products", operation_id = "deleteProduct",
    summary = "Take a product off the lists",
    description = "Staff only. It cannot be ordered from then on, and can be restored.",
    params(params::IdParam, params::IfMatchParam),
    responses((status = 200, description = "It is off the lists", body = MessageView), problems::DeleteProduct),
)]
async fn delete(
    caller: Admin,
    id: PathId,
    if_match: IfMatch,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = ProductId::new(id.get()?);
    let (expected, actor) = (if_match.expected_version(), caller.actor());
    services.change_product(id, ProductCommand::Delete, expected, actor).await?;
    Ok(HttpResponse::Ok().json(MessageView { message: "Product deleted successfully" }))
}

#[utoipa::path(
    put, path = "/api/v1/products/{id}/restore", tag = "products", operation_id = "restoreProduct",
    summary = "Put a deleted product back on the lists", description = "Staff only.",
    params(params::IdParam, params::IfMatchParam),
    responses(
        (status = 200, description = "The product, back again", body = ProductView, headers(("ETag"))),
        problems::RestoreProduct,
    ),
)]
async fn restore(
    caller: Admin,
    id: PathId,
    if_match: IfMatch,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = ProductId::new(id.get()?);
    let (expected, actor) = (if_match.expected_version(), caller.actor());
    let restored = services.change_product(id, ProductCommand::Restore, expected, actor).await?;
    Ok(respond(HttpResponse::Ok(), &restored))
}

/// A change of a product's stock.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = StockMovement)]
pub(crate) struct MovementView {
    /// What changed it: `order_placed`, `order_cancelled`, `received`, `correction`; later `count`, `damaged`, `lost` and
    /// `customer_return`, and perhaps others.
    #[schema(example = "order_placed")]
    kind: &'static str,
    /// By how many pieces; negative when they left.
    #[schema(example = -2)]
    change: i64,
    /// How many pieces there were after it.
    #[schema(example = 23)]
    balance: i64,
    /// The order behind it, if there is one.
    #[schema(required, example = 1001)]
    order_id: Option<i64>,
    /// Who did it.
    #[schema(example = 7)]
    moved_by_user_id: i64,
    /// When.
    #[serde(serialize_with = "timestamp")]
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00.000000Z")]
    moved_at: Timestamp,
}

impl From<&StockMovement> for MovementView {
    fn from(movement: &StockMovement) -> Self {
        Self {
            kind: movement.kind.as_str(),
            change: movement.delta,
            balance: movement.balance.get(),
            order_id: movement.kind.order().map(OrderId::get),
            moved_by_user_id: movement.moved_by.get(),
            moved_at: movement.at,
        }
    }
}

#[utoipa::path(
    get, path = "/api/v1/products/{id}/movements", tag = "products", operation_id = "listProductMovements",
    summary = "Look at how a product's stock came about",
    description = "Staff only. Newest first; deleted products have theirs as well.",
    params(params::IdParam, params::PageParams),
    responses(
        (status = 200, description = "A page of movements", body = PageView<MovementView>),
        problems::ListMovements,
    ),
)]
async fn movements(
    caller: Admin,
    id: PathId,
    query: QueryString,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = ProductId::new(id.get()?);
    let mut params = query.params();
    let page = params.page();
    params.finish()?;
    let found = services.products.movements(id, page, caller.actor()).await?;
    let found = found.ok_or_else(|| Problem::new(ProblemCode::ProductNotFound))?;
    Ok(HttpResponse::Ok().json(PageView::<MovementView>::new(&found, page)))
}
