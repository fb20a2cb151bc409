//! Law of blocks: users write on two servers while one blocks the other, in any interleaving of their requests to the
//! database. After the block is acknowledged nothing is stored, and after it is removed everything works again.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::message::Message;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::rows::{MessageRow, Revision};
use tokio::task::{LocalSet, yield_now};
use uuid::Uuid;

use super::fixtures::{Server, new_message_id, new_user};
use crate::support::in_memory_dynamodb::{Connection, Fault, InMemoryDynamoDb, IndexView};

/// Number of tables of each test.
const TABLES: u64 = 4;

/// Number of histories per table. The database remembers every transaction for ten minutes, and scans all of them at
/// each new one.
const HISTORIES_A_TABLE: u64 = 40;

/// Maximum number of times that other tasks may run before a request of a writer. The requests of the user who blocks
/// do not wait, so that writers often read before the block and write after it.
const YIELDS: u64 = 40;

/// Number of attempts of each writer before it ends.
const WRITES: usize = 5;

/// Two users who write on two servers, and a third server, on which one of them blocks the other.
struct World {
    servers: [Rc<Server>; 2],
    connections: [Connection; 2],
    blocker: Server,
    /// The user who blocks, and the other one.
    users: [User; 2],
    /// True once the block has been acknowledged.
    is_blocked: Rc<Cell<bool>>,
    /// Writes that were stored although they began after the acknowledgement.
    violations: Rc<RefCell<Vec<String>>>,
}

#[test]
fn nothing_of_a_conversation_is_stored_after_a_block_in_any_interleaving() {
    in_any_interleaving(true);
}

#[test]
fn no_conversation_is_started_after_a_block_in_any_interleaving() {
    in_any_interleaving(false);
}

/// Runs the histories. `has_conversation`: whether the two have a conversation when they begin.
fn in_any_interleaving(has_conversation: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let mut stored = 0;
        for table in 0..TABLES {
            let database = InMemoryDynamoDb::with_table().await;
            let connections = [database.connection(), database.connection()];
            for seed in 0..HISTORIES_A_TABLE {
                let world = World::new(&connections, &database.connection());
                stored += world.run(table * HISTORIES_A_TABLE + seed, has_conversation).await;
            }
        }
        let all = TABLES * HISTORIES_A_TABLE * 4 * WRITES as u64;
        assert!(stored > all / 10 && stored < all * 9 / 10, "{stored} of {all} writes came before the block");
    });
}

impl World {
    /// Starts the servers with new users.
    fn new(connections: &[Connection; 2], of_blocker: &Connection) -> Self {
        Self {
            servers: connections.each_ref().map(|it| Rc::new(Server::without_waiting(it))),
            blocker: Server::without_waiting(of_blocker),
            connections: connections.clone(),
            users: ["ana", "ben"].map(|name| new_user(Uuid::new_v4().as_u128(), name, name)),
            is_blocked: Rc::default(),
            violations: Rc::default(),
        }
    }

    /// Runs one history. Returns the number of writes that were stored before the block.
    async fn run(self, seed: u64, has_conversation: bool) -> u64 {
        for connection in &self.connections {
            connection.configure(Fault::None, IndexView::Fresh);
        }
        let [ana, ben] = &self.users;
        let first = match has_conversation {
            true => {
                let conversation = self.servers[0].start(ana, ben, "first").await;
                let hers = self.servers[0].send(ana, conversation, "hers").await;
                let his = self.servers[1].send(ben, conversation, "his").await;
                Some((conversation, [hers, his]))
            }
            false => None,
        };
        for (at, connection) in self.connections.iter().enumerate() {
            connection.configure_concurrent(Fault::None, IndexView::Fresh, YIELDS, seed * 2 + at as u64);
        }
        let stored = Rc::new(Cell::new(0));
        let writers: Vec<_> = (0..4).map(|n| self.spawn_writer(n, first.clone(), &stored)).collect();
        for _ in 0..(seed * 7) % 400 {
            yield_now().await;
        }
        self.blocker.conversations.set_block(ana, ben, true).await.expect("blocked");
        self.is_blocked.set(true);
        let then = self.rows_between().await;
        for writer in writers {
            writer.await.expect("no panic");
        }
        assert_eq!(self.rows_between().await, then, "seed {seed}: rows were written after the block");
        assert_eq!(*self.violations.borrow(), [""; 0], "seed {seed}");
        self.blocker.conversations.set_block(ana, ben, false).await.expect("unblocked");
        let mut is_over = false;
        for (me, peer) in [(ben, ana), (ana, ben)] {
            match self.servers[1].try_start(me, peer, new_message_id(), "again").await {
                Ok(_) => is_over = true,
                // A request whose messages are used up. The other one can answer.
                Err(Failure::Public(AppError::Conflict(Conflict::RequestPending))) if !has_conversation => {}
                Err(failure) => panic!("{failure:?}"),
            }
        }
        assert!(is_over, "seed {seed}");
        stored.get()
    }

    /// Spawns a user on a server, who writes several times.
    fn spawn_writer(
        &self,
        n: usize,
        first: Option<(conversation::Id, [Message; 2])>,
        stored: &Rc<Cell<u64>>,
    ) -> tokio::task::JoinHandle<()> {
        let server = Rc::clone(&self.servers[n / 2]);
        let (me, peer) = (self.users[n % 2].clone(), self.users[(n + 1) % 2].clone());
        let (is_blocked, violations) = (Rc::clone(&self.is_blocked), Rc::clone(&self.violations));
        let stored = Rc::clone(stored);
        tokio::task::spawn_local(async move {
            for write in 0..WRITES {
                let began_blocked = is_blocked.get();
                let result = match (&first, (n + write) % 4) {
                    (Some((conversation, _)), 0) => {
                        server.try_send(&me, *conversation, new_message_id(), "sent").await.map(drop)
                    }
                    (Some((conversation, own)), 1) => {
                        let own = &own[n % 2];
                        server.try_edit(&me, (*conversation, own), 0, &format!("edited {n} {write}")).await.map(drop)
                    }
                    (Some((conversation, [message, _])), 2) => {
                        // Each one another emoji: a reaction that is there already writes nothing, and succeeds.
                        let emoji = char::from_u32(0x1f600 + (n * WRITES + write) as u32).expect("a character");
                        let emoji = emoji.to_string();
                        server.try_react(&me, (*conversation, message), &emoji, true).await.map(drop)
                    }
                    _ => server.try_start(&me, &peer, new_message_id(), "started").await.map(drop),
                };
                match result {
                    Ok(()) if began_blocked => violations.borrow_mut().push(format!("write {write} of {n}")),
                    Ok(()) => stored.set(stored.get() + 1),
                    Err(Failure::Public(AppError::Conflict(
                        Conflict::Undeliverable | Conflict::MessageChanged | Conflict::RequestPending,
                    ))) => {}
                    Err(failure) => panic!("{failure:?}"),
                }
            }
        })
    }

    /// Returns the numbers of messages and of changes of all conversations: each test has one table, and only the two
    /// users write to it meanwhile.
    async fn rows_between(&self) -> (usize, usize) {
        let rows = self.blocker.rows().await;
        let messages = rows.iter().filter_map(MessageRow::from_item).count();
        (messages, rows.iter().filter_map(Revision::from_item).count())
    }
}
