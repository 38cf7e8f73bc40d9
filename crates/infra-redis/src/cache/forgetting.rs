//! Telling Redis what to forget, for all changes that are made at the same time: those that come up while Redis is
//! being told go together with the next word.

use std::{
    collections::BTreeSet,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::{ProductId, product::ProductCache};
use tokio::sync::oneshot;

use super::{message, scripts::Scripts};
use crate::line::Line;

/// The most words under way at once, each on a connection of its own.
const MOST_UNDER_WAY: usize = 2;

/// Where changes wait to be told of.
pub(crate) struct Forgetting {
    line: Arc<Line>,
    near: Arc<dyn ProductCache>,
    scripts: Scripts,
    /// The most products in one word.
    most_named: usize,
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: Vec<Change>,
    under_way: usize,
}

/// A change that Redis has not been told of yet.
struct Change {
    products: Vec<ProductId>,
    untold: Untold,
    /// Who waits until it is forgotten.
    done: oneshot::Sender<()>,
}

impl Forgetting {
    /// Tells Redis over that line, and the near cache behind it. No word names more than so many products, unless one
    /// change does.
    pub(crate) fn new(line: Arc<Line>, near: Arc<dyn ProductCache>, most_named: usize) -> Self {
        let queue = Mutex::default();
        Self { line, near, scripts: Scripts::new(), most_named, queue }
    }

    /// Forgets something in Redis first, then nearby. If Redis could not be told, nobody in this process
    /// uses what either has until all of it has been voided.
    ///
    /// It is forgotten also if the caller goes away.
    pub(crate) async fn forget(self: &Arc<Self>, products: &[ProductId]) {
        let (done, forgotten) = oneshot::channel();
        let untold = Untold::new(&self.line);
        let change = Change { products: products.to_vec(), untold, done };
        if self.is_free_for(change) {
            let telling = Telling { of: Arc::clone(self), is_over: false };
            self.line.runtime().spawn(async move { telling.run().await });
        }
        // Whoever was to say so may be gone, and has left a doubt then: nothing nearby is used.
        let _told_or_in_doubt = forgotten.await;
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a change wait. Returns whether one more word may be sent, which whoever called this has to do.
    fn is_free_for(&self, change: Change) -> bool {
        let mut queue = self.queue();
        queue.waiting.push(change);
        let free = queue.under_way < MOST_UNDER_WAY;
        if free {
            queue.under_way += 1;
        }
        free
    }

    async fn tell(&self, changes: Vec<Change>) {
        let products: BTreeSet<_> =
            changes.iter().flat_map(|change| change.products.iter().copied()).collect();
        let products = Vec::from_iter(products);
        let told = self.scripts.forget(&self.line, &products, &message::encode(&products)).await;
        let mut waiting = Vec::with_capacity(changes.len());
        for Change { untold, done, .. } in changes {
            if told.is_ok() {
                untold.told();
            }
            waiting.push(done);
        }
        if told.is_ok() {
            self.near.invalidate(&products).await;
        } else {
            self.near.invalidate_all().await;
        }
        for done in waiting {
            // Whoever made the change may have gone away meanwhile.
            let _gone = done.send(());
        }
    }
}

/// Somebody who tells Redis as long as there is something to tell.
struct Telling {
    of: Arc<Forgetting>,
    is_over: bool,
}

impl Telling {
    async fn run(mut self) {
        while let Some(changes) = self.next() {
            self.of.tell(changes).await;
        }
    }

    /// What goes together next. If nothing waits, this is over: whatever comes from now on needs another one.
    fn next(&mut self) -> Option<Vec<Change>> {
        let mut queue = self.of.queue();
        if queue.waiting.is_empty() {
            queue.under_way -= 1;
            self.is_over = true;
            return None;
        }
        let mut named = 0;
        let together = queue.waiting.iter().position(|change| {
            named += change.products.len();
            named > self.of.most_named
        });
        // One that alone names more than that goes alone.
        let later = together.map(|at| queue.waiting.split_off(at.max(1)));
        Some(mem::replace(&mut queue.waiting, later.unwrap_or_default()))
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        // With its runtime, or after a panic.
        if !self.is_over {
            self.of.queue().under_way -= 1;
        }
    }
}

/// A change that Redis has not been told of yet. Leaves a doubt if it is dropped like that, also if whoever was to
/// tell it is gone.
pub(crate) struct Untold {
    line: Arc<Line>,
    is_told: bool,
}

impl Untold {
    /// Before Redis is told.
    pub(crate) fn new(line: &Arc<Line>) -> Self {
        Self { line: Arc::clone(line), is_told: false }
    }

    /// Redis was told.
    pub(crate) fn told(mut self) {
        self.is_told = true;
    }
}

impl Drop for Untold {
    fn drop(&mut self) {
        if !self.is_told {
            self.line.breaker().doubt();
        }
    }
}
