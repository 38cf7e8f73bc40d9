//! The part of the journal that a run works on, and how far it is done.

use std::collections::BTreeSet;

use crate::EventId;

/// The events of a run behind a subscription's position. They are done in any order; the position
/// only moves over those that are.
#[derive(Debug, Clone)]
pub(super) struct Window {
    position: EventId,
    open: BTreeSet<EventId>,
    ahead: BTreeSet<EventId>,
    last: EventId,
}

impl Window {
    /// A window of these events behind the position, beside those that are done already.
    pub(super) fn new(
        position: EventId,
        ahead: impl IntoIterator<Item = EventId>,
        events: impl IntoIterator<Item = EventId>,
    ) -> Self {
        let open: BTreeSet<_> = events.into_iter().collect();
        let last = open.last().copied().unwrap_or(position);
        Self { position, open, ahead: ahead.into_iter().collect(), last }
    }

    /// Marks an event as done: delivered, of no interest, or parked. Events outside of the window,
    /// which were parked before, leave it as it is.
    pub(super) fn done(&mut self, event: EventId) {
        if self.open.remove(&event) {
            self.ahead.insert(event);
        }
    }

    /// The position up to which all events are done: that of an event, or the one before.
    pub(super) fn position(&self) -> EventId {
        let bound = self.open.first().copied();
        let before = |event: &&EventId| match bound {
            Some(first_open) => **event < first_open,
            None => **event <= self.last,
        };
        let done = self.ahead.iter().rfind(before);
        done.copied().unwrap_or(self.position).max(self.position)
    }

    /// The events behind [`Self::position`] that are done.
    pub(super) fn ahead(&self) -> Vec<EventId> {
        let position = self.position();
        self.ahead.iter().copied().filter(|event| *event > position).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(numbers: &[i64]) -> Vec<EventId> {
        numbers.iter().copied().map(EventId::new).collect()
    }

    fn state(window: &Window) -> (i64, Vec<i64>) {
        (window.position().get(), window.ahead().into_iter().map(EventId::get).collect())
    }

    #[test]
    fn the_position_never_passes_an_event_that_is_not_done() {
        let mut window = Window::new(EventId::new(2), [], ids(&[3, 5, 9]));
        assert_eq!(state(&window), (2, vec![]));
        window.done(EventId::new(5));
        assert_eq!(state(&window), (2, vec![5]));
        window.done(EventId::new(3));
        assert_eq!(state(&window), (5, vec![]));
        window.done(EventId::new(9));
        assert_eq!(state(&window), (9, vec![]));
    }

    #[test]
    fn what_was_done_ahead_of_the_position_is_passed_when_its_turn_comes() {
        let mut window = Window::new(EventId::new(2), ids(&[5, 20]), ids(&[3, 9]));
        window.done(EventId::new(3));
        assert_eq!(state(&window), (5, vec![20]));
        window.done(EventId::new(9));
        assert_eq!(state(&window), (9, vec![20]), "the journal may have more before 20");
    }

    #[test]
    fn an_event_that_was_parked_before_does_not_move_the_position() {
        let mut window = Window::new(EventId::new(8), [], ids(&[9]));
        window.done(EventId::new(4));
        assert_eq!(state(&window), (8, vec![]));
    }

    #[test]
    fn an_empty_window_stays_where_it_is() {
        assert_eq!(state(&Window::new(EventId::new(8), ids(&[12]), [])), (8, vec![12]));
    }
}
