//! Who is there: has a page open, on any server. Told to those whom they write with, and stored nowhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::event::Event;
use crate::server::live::Hub;
use crate::user;

/// How often it is looked who has left.
const LOOK_INTERVAL: Duration = Duration::from_secs(4);

/// Who is missed so many times in a row has left: a page that is loaded again is back before.
const MISSED_MAX: u32 = 2;

/// One look in so many says again who is there: what was told may have been lost, and who has heard nothing for longer than
/// two of these believes it no more.
const LOOKS_PER_ROUND: u32 = 15;

/// The people who are at this server. Cloning copies a handle.
#[derive(Clone)]
pub struct Presence {
    hub: Hub,
    here: Arc<Mutex<HashMap<user::Id, Guest>>>,
}

struct Guest {
    /// Whom they write with, as far as they are told.
    with: Vec<user::Id>,
    /// How many looks in a row have not found them.
    missed: u32,
}

impl Presence {
    /// Of those who have a stream in `hub`.
    pub fn new(hub: Hub) -> Self {
        Self { hub, here: Arc::default() }
    }

    /// Somebody has opened a stream. Those whom they write `with` are told, and they are told who of those is there.
    pub fn arrive(&self, person: user::Id, with: Vec<user::Id>) {
        if let Some(present) = self.present_of(&with) {
            self.hub.tell(&[person], &present);
        }
        self.hub.publish(&with, &Event::PersonArrived { person });
        self.lock().insert(person, Guest { with, missed: 0 });
    }

    /// Two people have begun to write with each other.
    pub fn introduce(&self, one: user::Id, other: user::Id) {
        for (person, other) in [(one, other), (other, one)] {
            let is_new = self.lock().get_mut(&person).is_some_and(|guest| {
                let is_new = !guest.with.contains(&other);
                guest.with.extend(is_new.then_some(other));
                is_new
            });
            if is_new {
                self.hub.publish(&[other], &Event::PersonArrived { person });
            }
        }
    }

    /// Takes in what another server has told `to`.
    pub fn heed(&self, to: &[user::Id], event: &Event) {
        match event {
            // Who has come there wants to know who is here.
            Event::PersonArrived { person } => {
                if let Some(present) = self.present_of(to) {
                    self.hub.publish(&[*person], &present);
                }
            }
            // From there, but not from here.
            Event::PersonLeft { person } if self.hub.is_open(*person) => self.announce(*person),
            _ => {}
        }
    }

    /// Finds out who has left, until this server is to stop.
    pub async fn watch(self, closing: CancellationToken) {
        let mut ticks = tokio::time::interval(LOOK_INTERVAL);
        for look in 1_u32.. {
            if closing.run_until_cancelled(ticks.tick()).await.is_none() {
                return;
            }
            for (person, with) in self.take_who_left() {
                self.hub.publish(&with, &Event::PersonLeft { person });
            }
            if look % LOOKS_PER_ROUND == 0 {
                let here: Vec<_> = self.lock().keys().copied().collect();
                here.into_iter().for_each(|person| self.announce(person));
            }
        }
    }

    /// Who of these is here; none where nobody is.
    fn present_of(&self, people: &[user::Id]) -> Option<Event> {
        let people: Vec<_> = people.iter().copied().filter(|person| self.hub.is_open(*person)).collect();
        (!people.is_empty()).then_some(Event::PeoplePresent { people })
    }

    fn take_who_left(&self) -> Vec<(user::Id, Vec<user::Id>)> {
        let mut here = self.lock();
        for (person, guest) in here.iter_mut() {
            guest.missed = if self.hub.is_open(*person) { 0 } else { guest.missed + 1 };
        }
        here.extract_if(|_, guest| guest.missed >= MISSED_MAX).map(|(person, guest)| (person, guest.with)).collect()
    }

    fn announce(&self, person: user::Id) {
        let with = self.lock().get(&person).map(|guest| guest.with.clone()).unwrap_or_default();
        self.hub.publish(&with, &Event::PersonArrived { person });
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<user::Id, Guest>> {
        // Nothing in here panics half-way through a change.
        self.here.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
