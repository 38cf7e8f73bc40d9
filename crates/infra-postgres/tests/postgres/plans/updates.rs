//! What the server reads to list orders by the time of their last change.

use domain::{
    Cursor, PageLimit, PageRequest, ProductId, Timestamp, UserId,
    order::{
        OrderListSort, OrderStatus,
        port::{OrderFilter, OrderQuery, OrderReads},
    },
};

use super::{MeasuredShop, ReadStats, first_page};

const INDEX: &str = "orders_live_updated_at";

fn minute(count: i64) -> Timestamp {
    Timestamp::from_timestamp(count * 60, 0).unwrap()
}

fn page_after(minutes: i64) -> PageRequest {
    PageRequest::after(Cursor::after_timestamp(minute(minutes), 1), PageLimit::DEFAULT)
}

impl MeasuredShop {
    /// What the server reads for a page of orders by the time of the last change.
    async fn list_by_update(&self, filter: OrderFilter, page: PageRequest) -> ReadStats {
        let query = OrderQuery { filter, sort: OrderListSort::UpdatedAt, page };
        self.reads(async |store| {
            let page = OrderReads::list(store, &query).await.unwrap();
            assert_eq!(page.items.len(), 10, "{query:?}");
        })
        .await
    }
}

#[tokio::test]
async fn a_page_of_orders_by_update_reads_one_page_along_an_index() {
    let shop = MeasuredShop::shop().await;
    let any = OrderFilter::default();
    for page in [first_page(), page_after(9_000)] {
        // The ids, the orders and their lines; a page is ten orders, and one more.
        shop.list_by_update(any.clone(), page).await.assert_uses_index(INDEX, 40);
        let delivered = [OrderStatus::Delivered].into();
        let frequent = OrderFilter { statuses: delivered, ..any.clone() };
        shop.list_by_update(frequent, page).await.assert_uses_index(INDEX, 40);
    }
    // The orders of an account, of a product or in a rare status are few: all are read.
    let rare = OrderFilter { statuses: [OrderStatus::Cancelled].into(), ..any.clone() };
    shop.list_by_update(rare, first_page()).await.assert_reads_at_most(200);
    let own = OrderFilter { user: Some(UserId::new(7)), ..any.clone() };
    shop.list_by_update(own, first_page()).await.assert_reads_at_most(100);
    let product = OrderFilter { product: Some(ProductId::new(12)), ..any };
    shop.list_by_update(product, first_page()).await.assert_reads_at_most(200);
}

#[tokio::test]
async fn a_page_of_a_period_of_updates_begins_at_its_cursor() {
    let shop = MeasuredShop::shop().await;
    let period = OrderFilter {
        updated_from: Some(minute(9_000)),
        updated_to: Some(minute(9_499)),
        ..OrderFilter::default()
    };
    for page in [first_page(), page_after(9_450)] {
        // 500 orders are counted. With a scan from the beginning of the period, 450 more were read.
        shop.list_by_update(period.clone(), page).await.assert_uses_index(INDEX, 500 + 40);
    }
}
