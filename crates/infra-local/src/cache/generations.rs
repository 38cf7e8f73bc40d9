//! The epochs of a cache in this process: which entries are still good, and what may be kept at all.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use domain::{ProductId, product::TouchedProducts};

/// How many epochs the products share.
pub(super) const STRIPES: usize = 1_024;

/// The epochs of products and pages.
pub(super) struct Epochs {
    products: Box<[Stripe]>,
    pages: Stripe,
}

#[derive(Default)]
struct Stripe {
    epoch: AtomicU64,
    /// How many changes of an unknown outcome touch it.
    suspensions: AtomicU64,
}

/// What a lookup needs to know of an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Epoch {
    /// Entries of this epoch are good.
    Current(u64),
    /// Nothing is to be served or kept.
    Suspended,
}

impl Epochs {
    pub(super) fn new() -> Self {
        Self {
            products: (0..STRIPES).map(|_| Stripe::default()).collect(),
            pages: Stripe::default(),
        }
    }

    pub(super) fn of_product(&self, id: ProductId) -> Epoch {
        self.stripe(id).current()
    }

    pub(super) fn of_pages(&self) -> Epoch {
        self.pages.current()
    }

    /// Begins new epochs of these products and of the pages.
    pub(super) fn raise(&self, touched: &TouchedProducts) {
        self.for_each(touched, |stripe| {
            stripe.epoch.fetch_add(1, Ordering::SeqCst);
        });
    }

    /// Suspends these products and the pages until what is returned is dropped.
    pub(super) fn suspend(self: &Arc<Self>, touched: TouchedProducts) -> Suspension {
        self.for_each(&touched, |stripe| {
            stripe.suspensions.fetch_add(1, Ordering::SeqCst);
        });
        self.raise(&touched);
        Suspension { epochs: Arc::clone(self), touched }
    }

    /// The stripe of a product. Neighbours have different ones.
    fn stripe(&self, id: ProductId) -> &Stripe {
        let at = usize::try_from(id.get().unsigned_abs()).unwrap_or(0) % STRIPES;
        // There are as many as that; should there be fewer, sharing that of the pages is safe.
        self.products.get(at).unwrap_or(&self.pages)
    }

    fn for_each(&self, touched: &TouchedProducts, act: impl Fn(&Stripe)) {
        match touched {
            TouchedProducts::Listed(products) => {
                for id in products {
                    act(self.stripe(*id));
                }
            }
            TouchedProducts::All => self.products.iter().for_each(&act),
        }
        act(&self.pages);
    }
}

impl Stripe {
    /// The epoch is looked at first: a reader that sees the epoch of a suspension also sees that it is suspended, and one
    /// that sees the epoch of before has it voided when the suspension ends.
    fn current(&self) -> Epoch {
        let epoch = self.epoch.load(Ordering::SeqCst);
        if self.suspensions.load(Ordering::SeqCst) == 0 {
            Epoch::Current(epoch)
        } else {
            Epoch::Suspended
        }
    }
}

/// Keeps products out of the cache until it is dropped.
pub(super) struct Suspension {
    epochs: Arc<Epochs>,
    touched: TouchedProducts,
}

impl Drop for Suspension {
    fn drop(&mut self) {
        self.epochs.raise(&self.touched);
        self.epochs.for_each(&self.touched, |stripe| {
            stripe.suspensions.fetch_sub(1, Ordering::SeqCst);
        });
    }
}
