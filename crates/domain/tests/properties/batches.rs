//! A batch of placements is a way to commit faster, and nothing else.

use proptest::prelude::*;

use crate::{
    actions,
    shop::{Outcome, Shop},
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn a_batch_comes_out_as_its_orders_one_after_the_other(
        stocks in actions::stocks(),
        earlier in actions::batch(),
        batch in actions::batch(),
    ) {
        let mut together = Shop::with_stocks(&stocks);
        // Keys that were used before are part of what a batch meets.
        together.place(earlier);
        let mut apart = together.clone();

        let at_once = together.place(batch.clone());
        let one_by_one: Vec<Outcome> =
            batch.into_iter().flat_map(|order| apart.place(vec![order])).collect();

        prop_assert_eq!(at_once, one_by_one);
        prop_assert_eq!(together, apart);
    }

    #[test]
    fn how_orders_are_cut_into_batches_makes_no_difference(
        stocks in actions::stocks(),
        orders in actions::batch(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut whole = Shop::with_stocks(&stocks);
        let mut parts = whole.clone();
        let (first, second) = orders.split_at(cut.index(orders.len() + 1));
        let mut outcomes = parts.place(first.to_vec());
        outcomes.extend(parts.place(second.to_vec()));
        prop_assert_eq!(whole.place(orders), outcomes);
        prop_assert_eq!(whole, parts);
    }
}
