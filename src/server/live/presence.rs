//! Who is there: has a page open, on any server. Told to those whom they write with and to those who look for them, and
//! stored nowhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use crate::domain::event::Event;
use crate::domain::user;
use crate::server::live::Hub;
use crate::server::live::presence_subscriptions::Lookers;

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
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    /// Who is here.
    guests: HashMap<user::Id, Guest>,
    /// Who looks for people, wherever either of them is.
    lookers: Lookers,
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
        Self { hub, known: Arc::default() }
    }

    /// Somebody has opened a stream. Those whom they write `with` are told, and they are told who of those is there.
    pub fn arrive(&self, person: user::Id, with: Vec<user::Id>) {
        self.lock().guests.insert(person, Guest { with: with.clone(), missed: 0 });
        self.announce(person);
        if let Some(present) = self.present_of(&with) {
            self.hub.tell(&[person], &present);
        }
    }

    /// Two people have written to each other, for the first time or again.
    pub fn introduce(&self, one: user::Id, other: user::Id) {
        for (person, other) in [(one, other), (other, one)] {
            let is_new = self.lock().guests.get_mut(&person).is_some_and(|guest| {
                let is_new = !guest.with.contains(&other);
                guest.with.extend(is_new.then_some(other));
                is_new
            });
            if is_new {
                self.greet(person, &[other]);
            }
        }
    }

    /// Somebody looks for people with whom they have conversations. They are told who of those is there, and for some time
    /// who comes and goes. Nobody else is told anything.
    pub fn look(&self, looker: user::Id, people: &[user::Id]) {
        self.answer(looker, people);
        self.hub.tell_servers(people, &Event::PersonArrived { person: looker });
    }

    /// Takes in what another server has told `to`.
    pub fn heed(&self, to: &[user::Id], event: &Event) {
        match (event, to) {
            // Who has come there, or looks for somebody, wants to know who is here.
            (Event::PersonArrived { person }, people) => self.answer(*person, people),
            // From there, but not from here.
            (Event::PersonLeft { person }, _) if self.hub.is_open(*person) => self.announce(*person),
            (Event::MessageSent { .. }, [one, other]) => self.introduce(*one, *other),
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
            for (person, told) in self.take_who_left() {
                self.hub.publish(&told, &Event::PersonLeft { person });
            }
            if look % LOOKS_PER_ROUND == 0 {
                let here: Vec<_> = self.lock().guests.keys().copied().collect();
                here.into_iter().for_each(|person| self.announce(person));
                self.lock().lookers.forget(Instant::now());
            }
        }
    }

    /// Tells somebody who of these people is here, now and as they come and go.
    fn answer(&self, looker: user::Id, people: &[user::Id]) {
        self.lock().lookers.add(looker, people, Instant::now());
        if let Some(present) = self.present_of(people) {
            self.hub.publish(&[looker], &present);
        }
    }

    /// Who of these is here; none where nobody is.
    fn present_of(&self, people: &[user::Id]) -> Option<Event> {
        let people: Vec<_> = people.iter().copied().filter(|person| self.hub.is_open(*person)).collect();
        (!people.is_empty()).then_some(Event::PeoplePresent { people })
    }

    fn take_who_left(&self) -> Vec<(user::Id, Vec<user::Id>)> {
        let mut known = self.lock();
        let Known { guests, lookers } = &mut *known;
        for (person, guest) in guests.iter_mut() {
            guest.missed = if self.hub.is_open(*person) { 0 } else { guest.missed + 1 };
        }
        let left = guests.extract_if(|_, guest| guest.missed >= MISSED_MAX);
        let told = |(person, guest): (user::Id, Guest)| {
            let lookers = lookers.besides(&guest.with, person);
            (person, [guest.with, lookers].concat())
        };
        left.map(told).collect()
    }

    /// Tells of somebody who is here all who are to know.
    fn announce(&self, person: user::Id) {
        let (with, lookers) = {
            let known = self.lock();
            let with = known.guests.get(&person).map(|guest| guest.with.clone()).unwrap_or_default();
            let lookers = known.lookers.besides(&with, person);
            (with, lookers)
        };
        self.greet(person, &with);
        if !lookers.is_empty() {
            // In other words than those whom they look for are told: these are not.
            self.hub.publish(&lookers, &Event::PeoplePresent { people: vec![person] });
        }
    }

    /// Says to these people that somebody is here, who thereby looks for them.
    fn greet(&self, person: user::Id, with: &[user::Id]) {
        self.lock().lookers.add(person, with, Instant::now());
        self.hub.publish(with, &Event::PersonArrived { person });
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        // Nothing in here panics half-way through a change.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
