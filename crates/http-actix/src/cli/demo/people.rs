//! The demo's customers. Any likeness to real people is chance.

use rand::{RngExt as _, rngs::Xoshiro256PlusPlus, seq::SliceRandom as _};

/// Somebody, before they have an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Person {
    /// What they are called.
    pub(super) name: String,
    /// Their address, of a domain that is kept for examples (RFC 2606).
    pub(super) email: String,
}

/// First names, and how they stand in an address.
const FIRST: &[(&str, &str)] = &[
    ("Aisha", "aisha"),
    ("Amélie", "amelie"),
    ("Anna", "anna"),
    ("Ben", "ben"),
    ("Carlos", "carlos"),
    ("Chiara", "chiara"),
    ("Daniel", "daniel"),
    ("David", "david"),
    ("Elena", "elena"),
    ("Emil", "emil"),
    ("Fatima", "fatima"),
    ("Felix", "felix"),
    ("Freya", "freya"),
    ("Giulia", "giulia"),
    ("Hannah", "hannah"),
    ("Hugo", "hugo"),
    ("Ines", "ines"),
    ("Jakub", "jakub"),
    ("James", "james"),
    ("Joana", "joana"),
    ("Jürgen", "juergen"),
    ("Katarzyna", "katarzyna"),
    ("Lars", "lars"),
    ("Laura", "laura"),
    ("Leon", "leon"),
    ("Lucía", "lucia"),
    ("Marek", "marek"),
    ("Marie", "marie"),
    ("Mehmet", "mehmet"),
    ("Mia", "mia"),
    ("Nadia", "nadia"),
    ("Noah", "noah"),
    ("Oliver", "oliver"),
    ("Omar", "omar"),
    ("Paula", "paula"),
    ("Priya", "priya"),
    ("Rosa", "rosa"),
    ("Samuel", "samuel"),
    ("Sofia", "sofia"),
    ("Theo", "theo"),
    ("Tomás", "tomas"),
    ("Yuki", "yuki"),
    ("Zofia", "zofia"),
    ("Zoë", "zoe"),
];

/// Family names, and how they stand in an address.
const LAST: &[(&str, &str)] = &[
    ("Ahmed", "ahmed"),
    ("Bakker", "bakker"),
    ("Becker", "becker"),
    ("Bernard", "bernard"),
    ("Bianchi", "bianchi"),
    ("Brown", "brown"),
    ("Carter", "carter"),
    ("Costa", "costa"),
    ("Dubois", "dubois"),
    ("Eriksen", "eriksen"),
    ("Evans", "evans"),
    ("Fischer", "fischer"),
    ("García", "garcia"),
    ("Haddad", "haddad"),
    ("Hansen", "hansen"),
    ("Hoffmann", "hoffmann"),
    ("Horváth", "horvath"),
    ("Ivanova", "ivanova"),
    ("Jansen", "jansen"),
    ("Kaya", "kaya"),
    ("Keller", "keller"),
    ("Kowalska", "kowalska"),
    ("Lindqvist", "lindqvist"),
    ("López", "lopez"),
    ("Marino", "marino"),
    ("Martin", "martin"),
    ("Meyer", "meyer"),
    ("Moreau", "moreau"),
    ("Murphy", "murphy"),
    ("Nakamura", "nakamura"),
    ("Novák", "novak"),
    ("Okafor", "okafor"),
    ("Patel", "patel"),
    ("Peters", "peters"),
    ("Ricci", "ricci"),
    ("Santos", "santos"),
    ("Schneider", "schneider"),
    ("Silva", "silva"),
    ("Taylor", "taylor"),
    ("Virtanen", "virtanen"),
    ("Wagner", "wagner"),
    ("Walsh", "walsh"),
    ("Weber", "weber"),
    ("Yılmaz", "yilmaz"),
];

const DOMAINS: [&str; 3] = ["example.com", "example.org", "example.net"];

/// So many people, no two with one name.
pub(super) fn draw(rng: &mut Xoshiro256PlusPlus, count: usize) -> Vec<Person> {
    let mut names: Vec<_> =
        FIRST.iter().flat_map(|first| LAST.iter().map(move |last| (first, last))).collect();
    names.shuffle(rng);
    names.truncate(count);
    names
        .into_iter()
        .map(|((first, first_ascii), (last, last_ascii))| {
            let domain = DOMAINS.get(rng.random_range(0..DOMAINS.len())).copied();
            let domain = domain.unwrap_or("example.com");
            Person {
                name: format!("{first} {last}"),
                email: format!("{first_ascii}.{last_ascii}@{domain}"),
            }
        })
        .collect()
}
