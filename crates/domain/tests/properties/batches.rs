//! Placing orders in batches has the same result as placing them one by one.

use proptest::prelude::*;

use crate::{
    actions,
    shop::{PlacementOutcome, Shop},
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_batch_has_the_same_result_as_its_orders_one_by_one(
        stocks in actions::stocks(),
        earlier in actions::batch(),
        batch in actions::batch(),
    ) {
        let mut batched = Shop::with_stocks(&stocks);
        // Some keys of the batch were used before.
        batched.place(earlier);
        let mut sequential = batched.clone();

        let batch_outcomes = batched.place(batch.clone());
        let single_outcomes: Vec<PlacementOutcome> =
            batch.into_iter().flat_map(|order| sequential.place(vec![order])).collect();

        prop_assert_eq!(batch_outcomes, single_outcomes);
        prop_assert_eq!(batched, sequential);
    }

    #[test]
    fn the_split_of_orders_into_batches_makes_no_difference(
        stocks in actions::stocks(),
        orders in actions::batch(),
        split in any::<prop::sample::Index>(),
    ) {
        let mut whole = Shop::with_stocks(&stocks);
        let mut parts = whole.clone();
        let (first, second) = orders.split_at(split.index(orders.len() + 1));
        let mut outcomes = parts.place(first.to_vec());
        outcomes.extend(parts.place(second.to_vec()));
        prop_assert_eq!(whole.place(orders), outcomes);
        prop_assert_eq!(whole, parts);
    }
}
