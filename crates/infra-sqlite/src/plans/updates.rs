//! Query plans of the list of orders by the time of their last change.

use domain::{
    Cursor, PageLimit, PageRequest, ProductId, Timestamp, UserId,
    order::{
        OrderListSort, OrderStatus,
        port::{OrderFilter, OrderQuery},
    },
};

use super::{assert_along, assert_no_scan, first_page, plans_of_query};

const INDEX: &str = "orders_live_updated_at";

fn plans_by_update(filter: OrderFilter, page: PageRequest) -> Vec<String> {
    plans_of_query(&OrderQuery { filter, sort: OrderListSort::UpdatedAt, page })
}

fn later_page() -> PageRequest {
    let cursor = Cursor::after_timestamp(Timestamp::UNIX_EPOCH, 1);
    PageRequest::after(cursor, PageLimit::DEFAULT)
}

fn since_epoch() -> OrderFilter {
    OrderFilter { updated_from: Some(Timestamp::UNIX_EPOCH), ..OrderFilter::default() }
}

#[test]
fn orders_are_listed_by_update_along_an_index_without_a_sort() {
    assert_along(&plans_by_update(OrderFilter::default(), first_page()), INDEX);
    for statuses in [vec![], vec![OrderStatus::Shipped], OrderStatus::ALL[..2].to_vec()] {
        let of_statuses =
            |filter| OrderFilter { statuses: statuses.iter().copied().collect(), ..filter };
        for (filter, page) in [
            (OrderFilter::default(), later_page()),
            (since_epoch(), first_page()),
            (since_epoch(), later_page()),
        ] {
            let plans = plans_by_update(of_statuses(filter), page);
            assert_along(&plans, INDEX);
            assert_no_scan(&plans);
        }
    }
}

#[test]
fn orders_of_an_account_or_a_product_are_listed_by_update_among_these_only() {
    for page in [first_page(), later_page()] {
        let own = OrderFilter { user: Some(UserId::new(1)), ..OrderFilter::default() };
        let plans = plans_by_update(own, page);
        assert!(plans.iter().any(|step| step.contains("orders_live_user ")), "{plans:#?}");
        assert_no_scan(&plans);
        let product = OrderFilter { product: Some(ProductId::new(1)), ..OrderFilter::default() };
        let plans = plans_by_update(product, page);
        assert!(plans.iter().any(|step| step.contains("order_lines_product ")), "{plans:#?}");
        assert_no_scan(&plans);
    }
}

#[test]
fn orders_of_a_period_of_updates_are_counted_along_an_index() {
    let filter = OrderFilter { updated_to: Some(Timestamp::UNIX_EPOCH), ..since_epoch() };
    let plans = plans_by_update(filter, first_page());
    let along = plans.iter().filter(|step| step.contains(INDEX)).count();
    assert_eq!(along, 2, "the list, and its total: {plans:#?}");
    assert_no_scan(&plans);
}
