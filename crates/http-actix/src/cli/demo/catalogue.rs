//! What the demo's shop sells.

use rand::{RngExt as _, rngs::Xoshiro256PlusPlus, seq::SliceRandom as _};

/// A product, before it is on the shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Article {
    /// What it is called.
    pub(super) name: String,
    /// More about it.
    pub(super) description: String,
    /// What one piece costs, in hundredths.
    pub(super) price_minor: i64,
}

/// Something that is made in several variants.
struct Model {
    name: &'static str,
    about: &'static str,
    /// Whole units of the currency, from the smallest variant of the plainest series to the greatest.
    price: std::ops::RangeInclusive<i64>,
    variants: &'static [&'static str],
}

const fn model(
    name: &'static str,
    about: &'static str,
    price: std::ops::RangeInclusive<i64>,
    variants: &'static [&'static str],
) -> Model {
    Model { name, about, price, variants }
}

/// The makers' series. Each makes everything, in its own manner.
const SERIES: [(&str, &str); 8] = [
    ("Alma", "Plain shapes, made to last."),
    ("Birch", "With details of oiled birch."),
    ("Fjord", "In cool, quiet colours."),
    ("Harbour", "Sturdy enough for every day."),
    ("Lumen", "Light, inside and out."),
    ("Meadow", "From recycled materials."),
    ("Oslo", "Designed in the north."),
    ("Terra", "In warm, earthen colours."),
];

const COLOURS: &[&str] = &["black", "sand", "forest green"];
const LITRES: &[&str] = &["0.5 l", "1 l", "1.5 l"];
const SIZES: &[&str] = &["S", "M", "L"];
const PACKS: &[&str] = &["single", "pack of 3", "pack of 10"];

/// By category: kitchen, table, food, home, bath, garden, office, sport, travel, play.
const MODELS: &[Model] = &[
    model(
        "cast-iron skillet",
        "Holds its heat and fits every hob.",
        32..=89,
        &["20 cm", "24 cm", "28 cm"],
    ),
    model(
        "chef's knife",
        "A forged blade with a balanced handle.",
        39..=149,
        &["16 cm", "20 cm", "24 cm"],
    ),
    model("saucepan with lid", "Three layers of steel, a cool handle.", 35..=95, LITRES),
    model("chopping board", "End grain that is kind to knives.", 19..=69, SIZES),
    model("kitchen scales", "Weighs to the gram, up to five kilograms.", 24..=59, COLOURS),
    model("mixing bowl", "With a spout, and a base that grips.", 12..=34, LITRES),
    model("espresso cup", "Thick walls keep it warm.", 6..=18, PACKS),
    model("teapot", "Pours without a drop.", 29..=79, LITRES),
    model("dinner plate", "Stoneware, fit for the dishwasher.", 9..=29, COLOURS),
    model("water glass", "Thin, but tempered.", 4..=12, PACKS),
    model("cutlery set", "Brushed steel, twenty-four pieces.", 59..=189, &["matt", "polished"]),
    model("linen napkin", "Softer with every wash.", 8..=22, COLOURS),
    model(
        "coffee beans",
        "Roasted slowly; notes of cocoa and hazelnut.",
        8..=32,
        &["250 g", "500 g", "1 kg"],
    ),
    model("green tea", "First flush, whole leaves.", 7..=24, &["50 g", "100 g", "250 g"]),
    model("olive oil", "Cold pressed from a single harvest.", 9..=28, LITRES),
    model("dark chocolate", "Seventy per cent cocoa.", 3..=9, PACKS),
    model("blossom honey", "From hives at the edge of the forest.", 6..=16, &["250 g", "500 g"]),
    model("desk lamp", "Dims without flicker, from warm to cool.", 45..=159, COLOURS),
    model("wool blanket", "Woven from new wool, with a fringe.", 59..=149, COLOURS),
    model("cushion cover", "With a hidden zip.", 14..=39, &["40 × 40 cm", "50 × 50 cm"]),
    model("scented candle", "Burns for forty hours.", 12..=34, &["cedar", "fig", "linen"]),
    model("wall clock", "A silent movement.", 29..=89, SIZES),
    model("bath towel", "Heavy cotton that dries quickly.", 14..=39, COLOURS),
    model("soap", "With olive oil, without perfume.", 4..=11, PACKS),
    model("bath mat", "Does not slip.", 19..=49, SIZES),
    model("laundry basket", "With a bag that comes out.", 25..=69, SIZES),
    model("plant pot", "With a saucer.", 8..=39, &["12 cm", "18 cm", "24 cm"]),
    model("watering can", "A long, slim spout.", 16..=45, &["1 l", "5 l"]),
    model("secateurs", "Cut up to twenty millimetres.", 18..=54, SIZES),
    model("herb seeds", "Basil, chives, parsley and thyme.", 3..=9, PACKS),
    model("notebook", "Opens flat; paper that takes ink.", 7..=24, &["A6", "A5", "A4"]),
    model("fountain pen", "A steel nib with a soft line.", 24..=119, &["fine", "medium", "broad"]),
    model("monitor stand", "Brings the screen to eye level.", 29..=89, COLOURS),
    model("wireless mouse", "Quiet buttons, months on one charge.", 19..=69, COLOURS),
    model("USB-C cable", "Braided, tested for ten thousand bends.", 7..=24, &["1 m", "2 m", "3 m"]),
    model("headphones", "Thirty hours of music.", 59..=299, COLOURS),
    model("yoga mat", "Grips on both sides.", 24..=79, COLOURS),
    model("resistance bands", "Five strengths and a bag.", 12..=35, &["light", "medium", "strong"]),
    model("running socks", "No seam where it rubs.", 7..=19, SIZES),
    model("water bottle", "Steel; keeps cold for a day.", 14..=39, LITRES),
    model("cabin suitcase", "Fits every overhead locker.", 79..=249, COLOURS),
    model("daypack", "A padded sleeve for a laptop.", 45..=139, &["15 l", "20 l", "28 l"]),
    model("packing cubes", "A set of four.", 15..=42, COLOURS),
    model("umbrella", "Stands up to a storm.", 19..=59, COLOURS),
    model("wooden blocks", "Fifty pieces in a sack.", 19..=55, &["natural", "coloured"]),
    model(
        "jigsaw puzzle",
        "Thick card, a linen finish.",
        12..=32,
        &["500 pieces", "1,000 pieces", "2,000 pieces"],
    ),
    model("card game", "For two to six, half an hour.", 9..=25, &["English", "German", "French"]),
    model("plush bear", "Washable, and patient.", 14..=45, SIZES),
];

/// So many articles, no two with one name.
pub(super) fn draw(rng: &mut Xoshiro256PlusPlus, count: usize) -> Vec<Article> {
    let mut all: Vec<_> = MODELS
        .iter()
        .flat_map(|model| model.variants.iter().map(move |variant| (model, variant)))
        .flat_map(|(model, variant)| SERIES.iter().map(move |series| (series, model, variant)))
        .collect();
    all.shuffle(rng);
    all.truncate(count);
    all.into_iter()
        .map(|((series, manner), model, variant)| Article {
            name: format!("{series} {}, {variant}", model.name),
            description: format!("{} {manner}", model.about),
            price_minor: price(rng, model.price.clone()),
        })
        .collect()
}

/// A price such as shops like to write it, in hundredths.
pub(super) fn price(rng: &mut Xoshiro256PlusPlus, whole: std::ops::RangeInclusive<i64>) -> i64 {
    const ENDS: [i64; 4] = [0, 50, 90, 95];
    let end = ENDS.get(rng.random_range(0..ENDS.len())).copied().unwrap_or(0);
    rng.random_range(whole) * 100 + end
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn there_are_enough_articles_for_the_greatest_demo_and_no_two_share_a_name() {
        let articles = draw(&mut Xoshiro256PlusPlus::seed_from_u64(1), 1_000);
        let names: HashSet<_> = articles.iter().map(|article| &article.name).collect();
        assert_eq!(names.len(), 1_000);
    }
}
