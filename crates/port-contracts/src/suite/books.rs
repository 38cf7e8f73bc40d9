//! The macros that name the cases of audits and archives.

/// Tests an [`Auditor`](domain::audit::Auditor): one test for each case, in the module `auditor`.
///
/// Takes the name of an `async fn fixture() -> impl AuditFixture` beside it, which hands out a fresh, empty
/// database each time. See [`AuditFixture`](crate::auditor::AuditFixture).
#[macro_export]
macro_rules! auditor_suite {
    ($fixture:ident) => {
        mod auditor {
            $crate::__async_tests_of!(
                super::$fixture().await,
                auditor::load,
                an_audit_beside_running_orders_raises_no_false_alarm,
            );
            $crate::__async_tests_of!(
                super::$fixture().await,
                auditor::quiet,
                a_fresh_store_is_checked_by_every_rule_and_nothing_is_found,
                a_busy_shop_has_nothing_to_be_found,
                audits_side_by_side_find_the_same,
            );
        }
    };
}

/// Tests that a shop can move from one database to another: one test for each case, in a module of the given
/// name.
///
/// Takes the names of two `async fn fixture() -> impl ArchiveFixture` beside it, each of which hands out a fresh,
/// empty database each time. See [`ArchiveFixture`](crate::archive::ArchiveFixture).
#[macro_export]
macro_rules! archive_suite {
    ($name:ident, $from:ident, $to:ident) => {
        mod $name {
            $crate::__archive_tests!(
                super::$from,
                super::$to,
                archive::moving,
                an_empty_shop_arrives_empty,
                a_busy_shop_arrives_row_by_row_as_it_was,
                a_shop_that_moved_may_move_on,
            );
            $crate::__archive_tests!(
                super::$from,
                super::$to,
                archive::refusing,
                a_target_that_is_not_empty_is_refused_and_stays_as_it_is,
                a_shop_is_not_taken_over_twice,
                a_source_that_fails_anywhere_leaves_nothing_behind,
                a_caller_who_goes_away_leaves_nothing_behind,
                nobody_writes_between_the_rows_of_an_import,
            );
            $crate::__archive_tests!(
                super::$from,
                super::$to,
                archive::settled,
                every_port_shows_the_same_on_both_sides,
                people_log_in_and_their_sessions_go_on,
                an_order_sent_again_after_the_move_is_the_same_order,
                what_is_made_after_the_move_has_a_number_of_its_own,
                orders_products_and_stock_go_on_after_the_move,
                messages_go_out_after_the_move_and_leases_stay_behind,
                messages_go_out_in_their_traces_after_the_move,
            );
            $crate::__archive_tests!(
                super::$from,
                super::$to,
                archive::snapshots,
                every_row_comes_once_by_its_key_whatever_the_portion,
                what_happens_after_a_snapshot_is_not_in_it,
                two_shops_that_differ_in_one_row_are_told_apart,
            );
        }
    };
}

/// One test for each case of a part of a subject.
#[doc(hidden)]
#[macro_export]
macro_rules! __async_tests_of {
    ($adapter:expr, $subject:ident :: $part:ident, $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::$subject::$part::$case($adapter).await;
            }
        )*
    };
}

/// One test for each case of a move, on two databases of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! __archive_tests {
    ($from:path, $to:path, $subject:ident :: $part:ident, $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                let (from, to) = ($from().await, $to().await);
                $crate::$subject::run(from, to, $crate::$subject::$part::$case).await;
            }
        )*
    };
}
