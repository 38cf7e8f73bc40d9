//! The generations of the in-process cache: which entries are valid, and what may be stored.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use domain::{ProductId, product::TouchedProducts};

/// How many invalidation groups the products share.
pub(super) const PRODUCT_GROUPS: usize = 1_024;

/// The generations of the products' groups and of the pages.
pub(super) struct Generations {
    products: Box<[Group]>,
    pages: Group,
}

#[derive(Default)]
struct Group {
    generation: AtomicU64,
    /// The number of pending changes of unknown outcome that may affect the group.
    suspensions: AtomicU64,
}

/// The state of a group, as a lookup needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GroupState {
    /// Entries of this generation are valid.
    Current(u64),
    /// No entry may be served or stored.
    Suspended,
}

impl Generations {
    pub(super) fn new() -> Self {
        Self {
            products: (0..PRODUCT_GROUPS).map(|_| Group::default()).collect(),
            pages: Group::default(),
        }
    }

    pub(super) fn of_product(&self, id: ProductId) -> GroupState {
        self.group(id).current()
    }

    pub(super) fn of_pages(&self) -> GroupState {
        self.pages.current()
    }

    /// Advances the generations of these products' groups and of the pages.
    pub(super) fn advance(&self, touched: &TouchedProducts) {
        self.for_each(touched, |group| {
            group.generation.fetch_add(1, Ordering::SeqCst);
        });
    }

    /// Suspends these products' groups and the pages until the returned guard is dropped.
    pub(super) fn suspend(self: &Arc<Self>, touched: TouchedProducts) -> Suspension {
        self.for_each(&touched, |group| {
            group.suspensions.fetch_add(1, Ordering::SeqCst);
        });
        self.advance(&touched);
        Suspension { generations: Arc::clone(self), touched }
    }

    /// The group of a product. Consecutive ids are in different groups.
    fn group(&self, id: ProductId) -> &Group {
        let at = usize::try_from(id.get().unsigned_abs()).unwrap_or(0) % PRODUCT_GROUPS;
        // The index is always in range. Falling back to the pages' group would be safe as well.
        self.products.get(at).unwrap_or(&self.pages)
    }

    fn for_each(&self, touched: &TouchedProducts, visit: impl Fn(&Group)) {
        match touched {
            TouchedProducts::Listed(products) => {
                for id in products {
                    visit(self.group(*id));
                }
            }
            TouchedProducts::All => self.products.iter().for_each(&visit),
        }
        visit(&self.pages);
    }
}

impl Group {
    /// Loads the generation before the suspensions, because a suspension is counted before it
    /// advances the generation. A reader that loads the new generation therefore sees the
    /// suspension, unless it has ended, which advances the generation again. In that case, and if
    /// the reader loads an earlier generation, the entry that it stores is invalid.
    fn current(&self) -> GroupState {
        let generation = self.generation.load(Ordering::SeqCst);
        if self.suspensions.load(Ordering::SeqCst) == 0 {
            GroupState::Current(generation)
        } else {
            GroupState::Suspended
        }
    }
}

/// A guard that keeps products out of the cache until it is dropped.
pub(super) struct Suspension {
    generations: Arc<Generations>,
    touched: TouchedProducts,
}

impl Drop for Suspension {
    fn drop(&mut self) {
        self.generations.advance(&self.touched);
        self.generations.for_each(&self.touched, |group| {
            group.suspensions.fetch_sub(1, Ordering::SeqCst);
        });
    }
}
