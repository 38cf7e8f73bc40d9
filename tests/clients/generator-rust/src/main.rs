//! The scenario with the Rust client of OpenAPI Generator: scenario <base URL> <email> <password>.

use std::{env, error::Error as StdError};

use oms_client::{
    apis::{
        Error, configuration::Configuration, orders_api, orders_api::PlaceOrderError, products_api,
        users_api,
    },
    models::{Login, NewOrder, NewProduct, Order, PriceInput, Problem, Product},
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn StdError>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [base_url, email, password] = arguments.as_slice() else {
        return Err("usage: scenario <base URL> <email> <password>".into());
    };
    let mut client = Configuration { base_path: base_url.clone(), ..Configuration::new() };
    let tokens = users_api::log_in(&client, Login::new(password.clone(), email.clone())).await?;
    client.oauth_access_token = Some(tokens.access_token);

    let mut products = Vec::new();
    for name in ["Teapot", "Cup", "Saucer"] {
        let price = PriceInput::String("129.90".to_owned());
        let product = NewProduct::new(name.to_owned(), price, 3);
        products.push(products_api::create_product(&client, product).await?);
    }
    assert!(products.iter().all(|product| product.price == "129.90"), "{products:?}");
    let teapot = &products[0];

    let order = place(&client, teapot, 1, "first").await?;
    assert_eq!(order.total, "129.90");
    let again = place(&client, teapot, 1, "first").await?;
    assert_eq!(again.id, order.id);

    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let page =
            products_api::list_products(&client, None, Some(1), cursor.as_deref(), None).await?;
        seen.extend(page.data.iter().map(|product| product.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    let newest_first: Vec<_> = products.iter().rev().map(|product| product.id).collect();
    assert_eq!(seen, newest_first);

    // Orders what there is, after an order for more.
    let Err(Error::ResponseError(refusal)) = place(&client, teapot, 5, "too many").await else {
        return Err("an order for more than the stock was accepted".into());
    };
    let problem: Problem = serde_json::from_str(&refusal.content)?;
    assert_eq!((refusal.status.as_u16(), problem.code.as_str()), (409, "insufficient_stock"));
    let available = problem.available.ok_or("the problem has no `available`")?;
    assert_eq!(available, 2);
    let rest = place(&client, teapot, available, "the rest").await?;
    assert_eq!(rest.quantity, 2);

    let later = refusal.content.replace("insufficient_stock", "added_later");
    let later: Problem = serde_json::from_str(&later)?;
    assert_eq!(later.code, "added_later");
    Ok(())
}

async fn place(
    client: &Configuration,
    product: &Product,
    quantity: i64,
    key: &str,
) -> Result<Order, Error<PlaceOrderError>> {
    let order =
        NewOrder { product_id: Some(product.id), quantity: Some(quantity), ..NewOrder::new() };
    orders_api::place_order(client, order, Some(key)).await
}
