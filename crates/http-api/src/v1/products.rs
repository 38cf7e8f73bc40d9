//! `/api/v1/products`: the catalogue and its management.

mod view;

use actix_web::{HttpResponse, HttpResponseBuilder, web::Data};
use domain::{
    Description, OrderId, Page, Price, ProductId, ProductName, Stock, Timestamp,
    product::{
        NewProduct, Product, ProductCommand, ProductUpdate, StockMovement, port::ProductQuery,
    },
};
use http_request::{
    CursorScope, Field, IfMatch, IfNoneMatch, PathId, QueryString, RawBody, Services, etag,
    nullable, optional, required,
};
use serde::{Deserialize, Serialize};
use validator::Validate;

use self::view::ProductView;
use super::page::{PageSchema, PageView};
use crate::{
    caller::Admin,
    openapi::{params, problems, request_schemas, value_schemas},
    problem::{Problem, ProblemCode},
    response_cache::ResponseCaches,
    routing::{self, Operation},
    views::{MessageView, created, not_modified, timestamp, with_etag},
};

/// The schema of a page of products.
type ProductPage = PageSchema<ProductView>;

/// The schema of a page of stock movements.
type MovementPage = PageSchema<MovementView>;

pub(crate) fn operations() -> impl IntoIterator<Item = Operation> {
    routing::operations!(list, create, get, update, delete, restore, movements)
}

/// A response with one product and its entity tag.
fn respond(response: HttpResponseBuilder, product: &Product) -> HttpResponse {
    with_etag(response, product.version, product.revision, ProductView::from(product))
}

/// A product to create.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = NewProduct)]
pub(crate) struct CreateProductBody {
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::product_name, required)]
    name: Field<ProductName>,
    #[validate(custom(function = "nullable"))]
    #[schema(schema_with = value_schemas::product_description)]
    description: Field<Description>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = request_schemas::price, required)]
    price: Field<Price>,
    #[validate(custom(function = "required"))]
    #[schema(schema_with = value_schemas::stock, required)]
    stock: Field<Stock>,
}

#[utoipa::path(
    post, path = "/api/v1/products", tag = "products", operation_id = "createProduct",
    summary = "Create a product", description = "Staff only.",
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
    let product = services.detached.run(create).await?;
    Ok(respond(created::at(&format!("/api/v1/products/{}", product.id)), &product))
}

#[utoipa::path(
    get, path = "/api/v1/products", tag = "products", operation_id = "listProducts",
    summary = "List products", description = "Newest first. Deleted products are never listed.", security(()),
    params(params::PageParams, params::ProductSearchParam),
    responses((status = 200, description = "A page of products", body = ProductPage), problems::PublicList),
)]
async fn list(
    query: QueryString,
    services: Data<Services>,
    responses: Data<ResponseCaches>,
) -> Result<HttpResponse, Problem> {
    let mut params = query.params();
    let search = params.search();
    let page = params.page(CursorScope::new("products", &search));
    params.finish()?;
    let query = ProductQuery { search, page };
    let found = services.products.list(&query).await?;
    let scope = CursorScope::new("products", &query.search);
    let view = |found: &Page<_>| PageView::<ProductView>::new(found, page, scope);
    Ok(responses.pages.get(&query, &found, view, |_page| None)?.into())
}

#[utoipa::path(
    get, path = "/api/v1/products/{id}", tag = "products", operation_id = "getProduct",
    summary = "Get a product", description = "A deleted product is 404.", security(()),
    params(params::IdParam, params::IfNoneMatchParam),
    responses(
        (status = 200, description = "The product", body = ProductView, headers(("ETag"))),
        (status = 304, description = "The client has it already", headers(("ETag"))),
        problems::ViewProduct,
    ),
)]
async fn get(
    id: PathId,
    seen: IfNoneMatch,
    services: Data<Services>,
    responses: Data<ResponseCaches>,
) -> Result<HttpResponse, Problem> {
    let id = ProductId::new(id.get()?);
    let found = services.products.find(id).await?;
    let product = found.ok_or_else(|| Problem::new(ProblemCode::ProductNotFound))?;
    if seen.matches(product.version, product.revision) {
        return Ok(not_modified(product.version, product.revision));
    }
    let view = |product: &Product| ProductView::from(product);
    let tag = |product: &Product| Some(etag(product.version, product.revision));
    Ok(responses.products.get(&id, &product, view, tag)?.into())
}

/// The members of a product to change. Absent members stay unchanged.
#[derive(Default, Deserialize, Validate, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = ProductUpdate)]
pub(crate) struct UpdateProductBody {
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = value_schemas::product_name)]
    name: Field<ProductName>,
    #[validate(custom(function = "nullable"))]
    #[schema(schema_with = value_schemas::product_description)]
    description: Field<Description>,
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = request_schemas::price)]
    price: Field<Price>,
    #[validate(custom(function = "optional"))]
    #[schema(schema_with = value_schemas::stock)]
    stock: Field<Stock>,
}

#[utoipa::path(
    put, path = "/api/v1/products/{id}", tag = "products", operation_id = "updateProduct",
    summary = "Update a product",
    description = "Staff only. Absent members stay unchanged. Existing orders keep the price at \
        which they were placed. A change that names the stock applies only if the stock has not \
        changed since, if `If-Match` is the whole entity tag.",
    params(params::IdParam, params::IfMatchParam),
    request_body = UpdateProductBody,
    responses(
        (status = 200, description = "The updated product", body = ProductView, headers(("ETag"))),
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
    let body: UpdateProductBody = body.update::<_, ProductView>()?;
    let update = ProductCommand::Update(ProductUpdate {
        name: body.name.optional(),
        description: body.description.nullable(),
        price: body.price.optional(),
        stock: body.stock.optional(),
    });
    let product =
        services.change_product(id, update, if_match.expected_versions(), caller.actor()).await?;
    Ok(respond(HttpResponse::Ok(), &product))
}

#[utoipa::path(
    delete, path = "/api/v1/products/{id}", tag = "products", operation_id = "deleteProduct",
    summary = "Delete a product",
    description = "Staff only. The product can no longer be ordered or listed. It can be restored.",
    params(params::IdParam, params::IfMatchParam),
    responses((status = 200, description = "The product is deleted", body = MessageView), problems::DeleteProduct),
)]
async fn delete(
    caller: Admin,
    id: PathId,
    if_match: IfMatch,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = ProductId::new(id.get()?);
    let (expected, actor) = (if_match.expected_versions(), caller.actor());
    services.change_product(id, ProductCommand::Delete, expected, actor).await?;
    Ok(HttpResponse::Ok().json(MessageView { message: "Product deleted successfully" }))
}

#[utoipa::path(
    put, path = "/api/v1/products/{id}/restore", tag = "products", operation_id = "restoreProduct",
    summary = "Restore a deleted product", description = "Staff only.",
    params(params::IdParam, params::IfMatchParam),
    responses(
        (status = 200, description = "The restored product", body = ProductView, headers(("ETag"))),
        problems::RestoreProduct,
    ),
)]
async fn restore(
    caller: Admin,
    id: PathId,
    if_match: IfMatch,
    body: RawBody,
    services: Data<Services>,
) -> Result<HttpResponse, Problem> {
    let id = ProductId::new(id.get()?);
    body.no_members::<ProductView>()?;
    let (expected, actor) = (if_match.expected_versions(), caller.actor());
    let restored = services.change_product(id, ProductCommand::Restore, expected, actor).await?;
    Ok(respond(HttpResponse::Ok(), &restored))
}

/// A change of a product's stock.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = StockMovement)]
pub(crate) struct MovementView {
    /// The kind: `order_placed`, `order_cancelled`, `received`, `correction`; later `count`,
    /// `damaged`, `lost` and `customer_return`, and perhaps others.
    #[schema(example = "order_placed")]
    kind: &'static str,
    /// The change in units; negative for a decrease.
    #[schema(example = -2)]
    change: i64,
    /// The stock after the change, in units.
    #[schema(example = 23)]
    balance: i64,
    /// The id of the order that caused the change; `null` for other kinds.
    #[schema(required, example = 1001)]
    order_id: Option<i64>,
    /// The id of the account that made the change.
    #[schema(example = 7)]
    moved_by_user_id: i64,
    /// The time of the change.
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
    summary = "List a product's stock movements",
    description = "Staff only. Newest first. Also available for deleted products.",
    params(params::IdParam, params::PageParams),
    responses(
        (status = 200, description = "A page of movements", body = MovementPage),
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
    let scope = CursorScope::new("movements", &id);
    let page = params.page(scope);
    params.finish()?;
    let found = services.products.movements(id, page, caller.actor()).await?;
    let found = found.ok_or_else(|| Problem::new(ProblemCode::ProductNotFound))?;
    Ok(HttpResponse::Ok().json(PageView::<MovementView>::new(&found, page, scope)))
}
