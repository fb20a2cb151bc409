//! People who write to each other, and do not give up.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use cruddur_messages::domain::message;
use cruddur_messages::domain::user::User;
use cruddur_messages::domain::{conversation, user};
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::http::session::cookie;
use cruddur_messages::server::store::Store;
use cruddur_messages::server::store::postgres::sessions::NewSession;
use reqwest::header::HeaderValue;
use time::OffsetDateTime;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use uuid::Uuid;

use crate::Options;
use crate::accounts::Accounts;
use crate::ledger::{Ledger, Outcome, Send};
use crate::requests::{Answer, Way, browser, post, try_to_send};

/// How long somebody tries to get one message through. Then nobody knows whether it is stored.
const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// How many of 100 close the page when the first try brings no answer. What they sent may be stored: nobody repeats it, so
/// nobody but the reader of the stream brings up its inbox rows when the server has died at it.
const LEAVING_PERCENT: u32 = 40;

/// For so long everybody has the same way of finding whom to write to, so that pairs write to each other at once.
const ROUND_MICROS: u64 = 700_000;

/// Everybody writes to this many others, to some of them often. More than fit on a page of the list.
const FRIENDS: u16 = 31;

/// Somebody who is signed in.
pub struct Person {
    /// Who.
    pub user: User,
    /// What they sign in with.
    pub email: String,
    /// The session, as a browser sends it.
    pub cookie: HeaderValue,
    /// Where from: limits count by it.
    pub address: String,
}

/// What everybody shares.
pub struct Scene {
    /// Everybody, by number.
    pub people: Vec<Person>,
    /// What was acknowledged.
    pub ledger: Ledger,
    /// How many sends are to be acknowledged.
    pub goal: u64,
    doors: [SocketAddr; 2],
    http: reqwest::Client,
    begun: AtomicU64,
    at_once: Semaphore,
    seed: u64,
}

impl Scene {
    /// Before anybody has said a word.
    pub fn new(options: &Options, people: Vec<Person>, doors: [SocketAddr; 2]) -> anyhow::Result<Self> {
        Ok(Self {
            people,
            ledger: Ledger::new(),
            goal: options.sends,
            doors,
            http: browser()?,
            begun: AtomicU64::new(0),
            at_once: Semaphore::new(options.at_once),
            seed: options.seed,
        })
    }

    /// Whether one more send is wanted. Counts it.
    fn one_more(&self) -> bool {
        let counted = |begun| (begun < self.goal).then_some(begun + 1);
        self.begun.fetch_update(Ordering::Relaxed, Ordering::Relaxed, counted).is_ok()
    }

    /// Writes a send down. Another one is wanted in place of one that nobody has acknowledged.
    fn enter(&self, send: Send) {
        if matches!(send.outcome, Outcome::Unknown) {
            self.begun.fetch_sub(1, Ordering::Relaxed);
        }
        self.ledger.enter(send);
    }

    /// Whom `me` writes to now. At any moment the answer is mutual: two people find each other.
    fn friend(&self, me: u16) -> u16 {
        let round = self.ledger.now() / ROUND_MICROS;
        let mut dice = fastrand::Rng::with_seed(self.seed ^ round);
        let far = dice.f32().powi(3);
        let apart = 1 + (f32::from(FRIENDS) * far) as u16;
        me ^ apart.min(FRIENDS)
    }
}

/// Makes people, and a session for each: what is audited begins after signing in.
pub async fn sign_in(store: &Store, accounts: &Accounts, count: u16) -> anyhow::Result<Vec<Person>> {
    // A number and its friends' numbers differ in the lowest five bits only.
    anyhow::ensure!(count > 0 && count.is_multiple_of(FRIENDS + 1), "--people must be a multiple of {}", FRIENDS + 1);
    let mut people = Vec::with_capacity(count.into());
    for number in 0..count {
        let name = format!("person-{number:03}");
        let email = format!("{name}-{}@example.com", Uuid::new_v4().simple());
        let newcomer = accounts.make(&name, &email).await.with_context(|| format!("make {name}"))?;
        let user = store.users.arrive(&newcomer).await.map_err(Failure::into_cause)?.user;
        let cookie = session(store, user.id).await?;
        people.push(Person { user, email, cookie, address: format!("198.18.{}.{}", number / 250, number % 250 + 1) });
    }
    Ok(people)
}

async fn session(store: &Store, user: user::Id) -> anyhow::Result<HeaderValue> {
    let secret = cookie::Secret::new();
    let new = NewSession {
        user,
        refresh_token: "none: nobody refreshes within a week".into(),
        access_ends_at: OffsetDateTime::now_utc() + time::Duration::WEEK,
        user_agent: "audit".to_owned(),
    };
    store.sessions.create(secret.id(), &new).await.map_err(Failure::into_cause)?;
    let line = secret.set_cookie();
    let pair = line.to_str()?.split(';').next().context("a cookie")?;
    Ok(HeaderValue::from_str(pair)?)
}

/// One person's run: a few messages in a row to a friend, then to the next one, until there are enough.
pub async fn live(scene: Arc<Scene>, me: usize) {
    let me = u16::try_from(me).unwrap_or(u16::MAX);
    let mut dice = fastrand::Rng::with_seed(scene.seed.wrapping_mul(31).wrapping_add(me.into()));
    let mut known = HashMap::new();
    loop {
        // Closed never, so this only waits.
        let Ok(_turn) = scene.at_once.acquire().await else { return };
        for _ in 0..dice.u32(1..4) {
            if !scene.one_more() {
                return;
            }
            let other = scene.friend(me);
            say(&scene, me, other, &mut known, &mut dice).await;
        }
    }
}

/// Sends one message, however often it takes.
async fn say(scene: &Scene, me: u16, other: u16, known: &mut HashMap<u16, conversation::Id>, dice: &mut fastrand::Rng) {
    let pair = (&scene.people[usize::from(me)], &scene.people[usize::from(other)]);
    let way = choose_way(known.get(&other).copied(), dice);
    let id = message::Id(Uuid::now_v7());
    let mut send = Send { id, from: me, to: other, began: scene.ledger.now(), outcome: Outcome::Unknown };
    let give_up_at = send.began + GIVE_UP_AFTER.as_micros() as u64;
    let (mut door, leaves) = (dice.bool(), dice.u32(0..100) < LEAVING_PERCENT);
    while scene.ledger.now() < give_up_at {
        let (answer, word) = try_to_send(&scene.http, scene.doors[usize::from(door)], pair, way, id).await;
        scene.ledger.enter_try(word);
        match answer {
            Answer::Acknowledged(conversation, seq) => {
                known.insert(other, conversation);
                send.outcome = Outcome::Acknowledged { at: scene.ledger.now(), conversation, seq };
                scene.enter(send);
                if let Some(seq) = seq.filter(|_| dice.u32(0..100) < 10) {
                    mark_read(scene, door, me, (conversation, seq.into())).await;
                    // Another tab of theirs is behind.
                    mark_read(scene, !door, me, (conversation, dice.u64(1..=seq.into()))).await;
                }
                return;
            }
            Answer::Later(_) if leaves => break,
            Answer::Later(wait) => {
                // Nobody knows when a server is back, so a person tries now and then.
                sleep(wait + Duration::from_millis(dice.u64(20..300))).await;
                door ^= dice.bool();
            }
            Answer::Refused(why) => {
                scene.ledger.enter_refusal();
                println!("refused: {why}");
                break;
            }
        }
    }
    scene.enter(send);
}

/// Mostly the page's script; now and then a form, and as a first message although it is not the first.
fn choose_way(known: Option<conversation::Id>, dice: &mut fastrand::Rng) -> Way {
    match (known, dice.u32(0..100)) {
        (Some(conversation), 0..70) => Way::Send(conversation),
        (Some(conversation), 70..85) => Way::SendForm(conversation),
        (_, 0..93) => Way::Start,
        _ => Way::StartForm,
    }
}

/// Says that they have read so far. Not repeated: nobody waits for it.
async fn mark_read(scene: &Scene, door: bool, me: u16, (conversation, seq): (conversation::Id, u64)) {
    let fields = [("conversation", &*conversation.to_string()), ("seq", &*seq.to_string())];
    let person = &scene.people[usize::from(me)];
    let answer = post(&scene.http, scene.doors[usize::from(door)], person, "/rpc/mark_read", &fields).send().await;
    if answer.is_ok_and(|answer| answer.status().is_success()) {
        scene.ledger.enter_read(me, conversation, seq);
    }
}
