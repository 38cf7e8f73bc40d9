//! The macros that turn the cases of this crate into tests of an adapter.
//!
//! A test has to be an item with a name in the adapter's own test program, so that it can be run and
//! read by itself; no function can make one. That is all these macros do: they name the cases. What a
//! case does is a plain function in the module of its port.

/// Tests an adapter's four stores: one test for each case, in the modules `account_store`,
/// `session_store`, `product_store` and `order_store`.
///
/// Takes the name of an `async fn fixture() -> impl StoreFixture` beside it, which hands out fresh,
/// empty stores each time. See [`StoreFixture`](crate::StoreFixture).
#[macro_export]
macro_rules! store_suite {
    ($fixture:ident) => {
        mod account_store {
            $crate::__store_tests!(
                super::$fixture,
                account_store::changes,
                a_name_and_an_address_can_be_changed,
                a_changed_address_frees_the_old_one,
                an_update_to_the_same_values_is_no_conflict,
                an_update_to_an_address_in_use_changes_nothing,
                a_role_is_toggled_or_set,
                who_has_not_the_right_changes_nothing,
                the_last_admin_stays,
                a_deleted_admin_does_not_count_as_one,
                an_unknown_account_cannot_be_changed,
                a_new_name_stays_off_older_orders,
            );
            $crate::__store_tests!(
                super::$fixture,
                account_store::erasure,
                a_deleted_account_is_found_nowhere,
                a_deleted_accounts_address_is_free_again,
                a_deleted_accounts_sessions_are_dead,
                a_deleted_accounts_product_orders_stay_without_its_name,
                a_deleted_accounts_free_form_orders_keep_the_customer_they_named,
                a_search_for_a_deleted_accounts_name_finds_nothing,
            );
            $crate::__store_tests!(
                super::$fixture,
                account_store::lists,
                an_empty_list_has_no_entries,
                the_list_shows_every_account_once_by_ascending_id,
                the_list_leaves_out_who_is_deleted,
                the_total_follows_every_change,
            );
            $crate::__store_tests!(
                super::$fixture,
                account_store::races,
                of_racing_registrations_of_one_address_one_wins,
                of_racing_changes_to_one_address_one_wins,
                of_racing_first_admins_one_is_made,
                of_admins_who_demote_or_delete_each_other_at_once_one_stays,
                many_registrations_at_once_all_succeed,
            );
            $crate::__store_tests!(
                super::$fixture,
                account_store::registration,
                a_new_account_is_found_by_id_and_address,
                an_account_is_made_with_the_role_it_is_given,
                an_unknown_account_is_not_found,
                an_address_in_use_is_taken_whatever_its_case,
                addresses_beyond_ascii_compare_without_case,
                addresses_that_differ_in_a_wildcard_are_two,
                values_at_their_bounds_come_back_as_they_were,
                the_first_admin_is_made_if_there_is_none,
                no_first_admin_is_made_if_there_is_one,
                no_first_admin_takes_a_users_address,
            );
        }
        mod session_store {
            $crate::__store_tests!(
                super::$fixture,
                session_store::callers,
                an_open_session_tells_who_calls,
                session_identifiers_may_have_any_bits,
                no_session_is_opened_for_an_unknown_account,
                a_caller_is_as_they_are_now,
                a_session_is_over_from_its_end_on,
                a_revoked_session_is_over_at_once,
                revoking_what_is_over_is_no_error,
                a_purge_removes_what_has_ended_up_to_its_limit,
            );
            $crate::__store_tests!(
                super::$fixture,
                session_store::refreshing,
                a_refresh_replaces_the_token_and_prolongs_the_session,
                an_unknown_token_renews_nothing,
                a_token_works_until_it_expires,
                a_token_may_expire_before_its_session_ends,
                a_token_used_a_moment_ago_is_refused_and_the_session_lives,
                a_token_replayed_later_ends_the_session,
                a_token_older_than_the_one_before_is_unknown,
                a_refused_refresh_changes_nothing,
                of_racing_refreshes_of_one_token_one_wins,
                a_logout_that_races_a_refresh_ends_the_session,
            );
        }
        mod product_store {
            $crate::__store_tests!(
                super::$fixture,
                product_store::changes,
                an_update_changes_what_it_names_and_nothing_else,
                an_update_may_change_everything_at_once,
                an_update_that_changes_nothing_writes_nothing,
                a_deleted_product_is_found_nowhere,
                a_restored_product_is_back_as_it_was,
                a_deleted_product_can_only_be_restored,
                a_live_product_cannot_be_restored,
                an_unknown_product_cannot_be_changed,
                who_is_no_admin_changes_nothing,
                returned_goods_may_lift_a_stock_beyond_what_staff_may_set,
            );
            $crate::__store_tests!(
                super::$fixture,
                product_store::creation,
                a_new_product_is_found,
                a_product_may_start_without_stock,
                an_unknown_product_is_not_found,
                products_may_share_a_name,
                no_description_is_not_an_empty_one,
                values_at_their_bounds_come_back_as_they_were,
            );
            $crate::__store_tests!(
                super::$fixture,
                product_store::lists,
                an_empty_list_has_no_entries,
                the_list_shows_every_live_product_once_newest_first,
                a_search_is_paged_like_the_list,
                a_cursor_may_point_behind_a_product_that_is_gone,
                a_product_that_is_made_meanwhile_disturbs_no_cursor,
                a_search_finds_parts_of_names_without_case,
                every_character_of_a_search_stands_for_itself,
                a_search_looks_at_names_as_they_are_now,
                the_totals_follow_every_change,
                the_list_shows_the_stock_that_orders_left,
            );
            $crate::__store_tests!(
                super::$fixture,
                product_store::races,
                of_racing_changes_at_one_version_one_wins,
                racing_changes_at_any_version_are_all_made,
                of_racing_deletes_one_wins_and_of_racing_restores_too,
                a_count_of_the_shelf_that_races_orders_leaves_clean_books,
                an_order_that_races_a_delete_is_placed_before_it_or_not_at_all,
            );
            $crate::__store_tests!(
                super::$fixture,
                product_store::versions,
                a_change_at_the_expected_version_is_made,
                a_change_at_another_version_is_refused_with_the_current_one,
                a_deleted_product_has_no_version_but_for_a_restore,
                an_order_and_its_return_each_raise_a_products_version_by_one,
            );
        }
        mod order_store {
            $crate::__store_tests!(
                super::$fixture,
                order_store::batches,
                an_empty_batch_has_no_results,
                a_refused_order_hinders_no_other_of_its_batch,
                a_key_that_comes_twice_in_a_batch_is_one_order,
                a_great_batch_is_placed_like_a_small_one,
                racing_batches_sell_exactly_the_stock,
                a_batch_equals_its_orders_one_after_the_other,
            );
            $crate::__store_tests!(
                super::$fixture,
                order_store::deletion,
                a_deleted_order_is_seen_by_no_read,
                a_deleted_order_cannot_be_changed,
                deleting_an_open_order_cancels_it_and_returns_its_stock,
                deleting_an_order_whose_goods_have_left_returns_nothing,
            );
            $crate::__store_tests!(
                super::$fixture,
                order_store::idempotency,
                an_order_sent_again_is_the_same_order,
                an_order_sent_again_is_shown_as_it_is_now,
                an_order_in_words_can_be_sent_again_too,
                a_key_fits_only_what_it_was_used_for,
                a_key_belongs_to_one_account,
                keys_are_compared_character_by_character,
                orders_without_a_key_are_orders_of_their_own,
                a_key_whose_order_was_refused_is_free,
                an_order_that_was_cancelled_keeps_its_key,
                an_order_that_was_deleted_is_not_placed_again,
                of_fifty_racing_orders_with_one_key_one_is_placed,
                of_racing_orders_that_share_a_key_but_not_their_content_one_content_wins,
                a_racing_key_never_sells_more_than_the_stock,
            );
            $crate::__store_tests!(
                super::$fixture,
                order_store::lifecycle,
                every_open_step_can_be_made_and_no_other,
                a_step_changes_the_status_and_nothing_else,
                each_step_is_an_event_newest_first,
                an_owner_may_cancel_and_is_named_for_it,
                what_cannot_be_cancelled_stays,
                who_has_not_the_right_changes_nothing,
                a_command_at_the_expected_version_is_carried_out,
                a_command_at_another_version_is_refused_with_the_current_one,
                an_unknown_order_cannot_be_changed,
            );
            $crate::__store_tests!(
                super::$fixture,
                order_store::lists,
                an_empty_list_has_no_entries,
                the_list_shows_every_order_once_newest_first,
                each_filter_lists_what_it_matches,
                the_bounds_of_a_time_are_part_of_it,
                filters_together_list_what_all_of_them_match,
                filters_together_are_paged_like_one,
                a_cursor_may_point_behind_an_order_that_is_gone,
                an_order_placed_meanwhile_disturbs_no_cursor,
                an_order_stays_listed_under_a_product_that_is_deleted,
                the_totals_follow_every_change,
            );
            $crate::__store_tests!(
                super::$fixture,
                order_store::placement,
                an_order_takes_its_stock_off_the_shelf,
                a_new_order_has_no_history,
                an_order_in_words_touches_no_stock,
                an_order_keeps_its_lines_as_they_were_asked_for,
                an_order_keeps_the_name_and_the_price_of_its_day,
                the_last_pieces_can_be_ordered_and_no_more,
                a_shortage_counts_all_lines_of_a_product,
                an_order_takes_all_of_its_lines_or_nothing,
                a_restored_product_can_be_ordered_again,
                an_unknown_order_is_not_found,
                an_order_may_have_a_hundred_lines,
                an_order_beyond_all_stock_is_refused_and_does_not_overflow,
                values_at_their_bounds_come_back_as_they_were,
            );
            $crate::__store_tests!(
                super::$fixture,
                order_store::races,
                sixty_four_buyers_sell_out_a_stock_exactly,
                orders_that_name_the_same_products_in_any_order_do_not_lock_each_other_out,
                of_racing_cancellations_one_wins_and_the_stock_is_back_once,
                of_racing_steps_to_one_status_one_wins,
                of_racing_commands_at_one_version_one_wins,
                a_cancellation_that_races_a_shipment_excludes_it,
                a_deletion_that_races_a_cancellation_returns_the_stock_once,
                orders_and_cancellations_of_one_product_at_once_leave_clean_books,
            );
            $crate::__store_tests!(
                super::$fixture,
                order_store::returns,
                cancelling_puts_every_lines_stock_back,
                a_step_to_cancelled_is_a_cancellation,
                a_cancelled_order_puts_its_stock_back_once,
                goods_that_have_left_do_not_come_back,
                a_product_deleted_since_gets_its_stock_back,
                returned_stock_can_be_ordered_again,
                an_order_in_words_returns_nothing,
            );
            $crate::__store_tests!(
                super::$fixture,
                order_store::search,
                a_search_sorts_both_ways_and_equals_by_number,
                a_window_shows_a_part_of_the_search,
                the_bounds_of_a_quantity_are_part_of_it,
                a_term_is_looked_for_in_customers_and_titles_without_case,
                every_character_of_a_term_stands_for_itself,
                an_order_for_products_is_found_by_its_title_and_its_accounts_name,
                all_filters_hold_at_once,
            );
        }
    };
}

/// Tests a [`ProductCache`](domain::product::ProductCache): one test for each case, in the module
/// `product_cache`.
///
/// Takes the name of an `async fn fixture() -> Arc<dyn ProductCache>` beside it, which hands out an empty
/// cache each time.
#[macro_export]
macro_rules! product_cache_suite {
    ($fixture:ident) => {
        mod product_cache {
            $crate::__async_tests!(super::$fixture().await, product_cache, what_was_put_is_a_hit,);
        }
    };
}

/// Tests a [`RateLimiter`](domain::rate_limit::RateLimiter): one test for each case, in the module
/// `rate_limiter`.
///
/// Takes the name of an `async fn fixture(login: Option<RateLimit>, register: Option<RateLimit>) ->
/// Arc<dyn RateLimiter>` beside it, which hands out a limiter that has counted nothing yet.
#[macro_export]
macro_rules! rate_limiter_suite {
    ($fixture:ident) => {
        mod rate_limiter {
            $crate::__async_tests!(
                super::$fixture,
                rate_limiter,
                attempts_up_to_the_limit_pass_and_the_next_is_refused,
            );
        }
    };
}

/// Tests a [`PasswordHasher`](domain::account::port::PasswordHasher): one test for each case, in the
/// module `password_hasher`.
///
/// Takes the name of a `fn fixture() -> Arc<dyn PasswordHasher>` beside it. Set to its lowest cost, it
/// makes for quick tests.
#[macro_export]
macro_rules! password_hasher_suite {
    ($fixture:ident) => {
        mod password_hasher {
            $crate::__async_tests!(
                super::$fixture(),
                password_hasher,
                the_right_password_fits_its_hash,
            );
        }
    };
}

/// Tests [`AccessTokens`](domain::account::port::AccessTokens): one test for each case, in the module
/// `access_tokens`.
///
/// Takes the name of a `fn fixture(secret: &[u8]) -> Arc<dyn AccessTokens>` beside it, whose tokens are
/// JWTs under an HMAC with that secret.
#[macro_export]
macro_rules! access_tokens_suite {
    ($fixture:ident) => {
        mod access_tokens {
            $crate::__sync_tests!(
                super::$fixture,
                access_tokens,
                a_token_says_what_it_was_issued_for,
            );
        }
    };
}

/// Tests a [`SecretSource`](domain::account::port::SecretSource): one test for each case, in the module
/// `secret_source`.
///
/// Takes the name of a `fn fixture() -> Arc<dyn SecretSource>` beside it.
#[macro_export]
macro_rules! secret_source_suite {
    ($fixture:ident) => {
        mod secret_source {
            $crate::__sync_tests!(
                super::$fixture().as_ref(),
                secret_source,
                no_two_sessions_have_one_identifier,
            );
        }
    };
}

/// Tests a [`Clock`](domain::Clock): one test for each case, in the module `clock`.
///
/// Takes the name of a `fn fixture() -> Arc<dyn Clock>` beside it.
#[macro_export]
macro_rules! clock_suite {
    ($fixture:ident) => {
        mod clock {
            $crate::__sync_tests!(super::$fixture().as_ref(), clock, it_tells_whole_microseconds,);
        }
    };
}

/// One test for each case of a store, on a database of its own.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_tests {
    ($fixture:path, $subject:ident :: $part:ident, $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::run($fixture().await, $crate::$subject::$part::$case).await;
            }
        )*
    };
}

/// One test for each case that waits.
#[doc(hidden)]
#[macro_export]
macro_rules! __async_tests {
    ($adapter:expr, $subject:ident, $($case:ident),* $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::$subject::$case($adapter).await;
            }
        )*
    };
}

/// One test for each case that waits for nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! __sync_tests {
    ($adapter:expr, $subject:ident, $($case:ident),* $(,)?) => {
        $(
            #[test]
            fn $case() {
                $crate::$subject::$case($adapter);
            }
        )*
    };
}
