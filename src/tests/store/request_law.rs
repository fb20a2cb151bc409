//! Law of message requests: two users write on two servers, and the recipient accepts and deletes on a third one, in
//! any interleaving of their requests to the database. At most three messages come before the acceptance, and none is
//! lost.

use std::cell::RefCell;
use std::rc::Rc;

use cruddur_messages::domain::conversation;
use cruddur_messages::domain::error::{AppError, Conflict};
use cruddur_messages::domain::request::REQUEST_MESSAGES_MAX;
use cruddur_messages::domain::user::User;
use cruddur_messages::server::failure::Failure;
use cruddur_messages::server::store::dynamodb::rows::{InboxRow, MessageRow, RequestRow};
use tokio::task::{JoinHandle, LocalSet, yield_now};
use uuid::Uuid;

use super::fixtures::{Server, new_message_id, new_user};
use crate::support::in_memory_dynamodb::{Connection, Fault, InMemoryDynamoDb, IndexView};

/// Number of tables, and of histories per table: the database scans its transactions at each new one.
const TABLES: u64 = 6;
const HISTORIES_A_TABLE: u64 = 30;

/// Maximum number of times that other tasks may run before a request to the database.
const YIELDS: u64 = 40;

/// Number of attempts of each writer.
const WRITES: usize = 4;

/// Ways in which a history can end a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// The recipient never accepts.
    None,
    Accept,
    /// The recipient writes.
    Answer,
    /// The recipient writes and accepts at the same time.
    Both,
}

impl Ending {
    const ALL: [Self; 4] = [Self::None, Self::Accept, Self::Answer, Self::Both];
}

/// The sender and the recipient, on two servers each.
struct World {
    servers: [Rc<Server>; 2],
    connections: [Connection; 2],
    users: [User; 2],
    /// Texts of the messages whose sends have succeeded.
    sent: Rc<RefCell<Vec<String>>>,
}

#[test]
fn at_most_three_messages_precede_the_acceptance_and_none_is_lost_in_any_interleaving() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let mut refused = 0;
        for table in 0..TABLES {
            let database = InMemoryDynamoDb::with_table().await;
            let connections = [database.connection(), database.connection()];
            for seed in 0..HISTORIES_A_TABLE {
                let seed = table * HISTORIES_A_TABLE + seed;
                let ending = Ending::ALL[seed as usize % Ending::ALL.len()];
                refused += World::new(&connections).run(seed, ending).await;
            }
        }
        assert!(refused > TABLES * HISTORIES_A_TABLE, "{refused} sends were refused");
    });
}

impl World {
    fn new(connections: &[Connection; 2]) -> Self {
        Self {
            servers: connections.each_ref().map(|it| Rc::new(Server::without_waiting(it))),
            connections: connections.clone(),
            users: ["ana", "ben"].map(|name| new_user(Uuid::new_v4().as_u128(), name, name)),
            sent: Rc::default(),
        }
    }

    /// Runs one history. Returns the number of sends that were refused.
    async fn run(self, seed: u64, ending: Ending) -> u64 {
        for connection in &self.connections {
            connection.configure(Fault::None, IndexView::Fresh);
        }
        let [ana, ben] = &self.users;
        let conversation = self.servers[0].request(ana, ben, "first").await;
        self.sent.borrow_mut().push("first".to_owned());
        for (at, connection) in self.connections.iter().enumerate() {
            connection.configure_concurrent(Fault::None, IndexView::Fresh, YIELDS, seed * 2 + at as u64);
        }
        let mut writers = vec![self.spawn_writer(0, 0, conversation), self.spawn_writer(1, 0, conversation)];
        if [Ending::Answer, Ending::Both].contains(&ending) {
            writers.push(self.spawn_writer(seed as usize % 2, 1, conversation));
        }
        let reader = self.spawn_recipient(seed, [Ending::Accept, Ending::Both].contains(&ending), conversation);
        let mut refused = 0;
        for writer in writers {
            refused += writer.await.expect("no panic");
        }
        reader.await.expect("no panic");
        for connection in &self.connections {
            connection.configure(Fault::None, IndexView::Fresh);
        }
        self.check(seed, ending, conversation).await;
        refused
    }

    /// Spawns a user on a server, who writes several times. Returns the number of sends that were refused.
    fn spawn_writer(&self, server: usize, user: usize, conversation: conversation::Id) -> JoinHandle<u64> {
        let (server, sent) = (Rc::clone(&self.servers[server]), Rc::clone(&self.sent));
        let (me, peer) = (self.users[user].clone(), self.users[1 - user].clone());
        tokio::task::spawn_local(async move {
            let mut refused = 0;
            for write in 0..WRITES {
                let (id, text) = (new_message_id(), Uuid::new_v4().to_string());
                let result = match write % 2 {
                    0 => server.try_send(&me, conversation, id, &text).await.map(drop),
                    _ => server.try_start(&me, &peer, id, &text).await.map(drop),
                };
                match result {
                    Ok(()) => sent.borrow_mut().push(text),
                    Err(Failure::Public(AppError::Conflict(Conflict::RequestPending))) => refused += 1,
                    Err(failure) => panic!("{failure:?}"),
                }
            }
            refused
        })
    }

    /// Spawns the recipient, who deletes the request and, if `accepts`, accepts it later.
    fn spawn_recipient(&self, seed: u64, accepts: bool, conversation: conversation::Id) -> JoinHandle<()> {
        let (server, ben) = (Rc::clone(&self.servers[(seed / 2) as usize % 2]), self.users[1].clone());
        tokio::task::spawn_local(async move {
            for _ in 0..(seed * 7) % 300 {
                yield_now().await;
            }
            let membership = server.membership(&ben, conversation).await;
            server.conversations.delete_request(&membership).await.expect("deleted");
            for _ in 0..(seed * 11) % 300 {
                yield_now().await;
            }
            if accepts {
                server.conversations.accept_request(&membership).await.expect("accepted");
            }
        })
    }

    /// Checks the rows once everything is quiet.
    async fn check(&self, seed: u64, ending: Ending, conversation: conversation::Id) {
        let (server, [ana, ben]) = (&self.servers[0], &self.users);
        let rows = server.rows().await;
        let messages = rows.iter().filter_map(MessageRow::from_item).filter(|row| row.conversation == conversation);
        let (mut stored, mut sent): (Vec<_>, _) = (messages.collect(), self.sent.borrow().clone());
        stored.sort_by_key(|row| row.seq);
        let seqs: Vec<_> = stored.iter().map(|row| row.seq).collect();
        assert_eq!(seqs, (1..=stored.len() as u64).collect::<Vec<_>>(), "seed {seed}");
        let mut texts: Vec<_> = stored.iter().map(|row| row.body.clone()).collect();
        texts.sort_unstable();
        sent.sort_unstable();
        assert_eq!(texts, sent, "seed {seed}: what was acknowledged is stored, and nothing else");
        let membership = server.membership(ben, conversation).await;
        assert_eq!(membership.request().is_some(), ending == Ending::None, "seed {seed}");
        let count = stored.len() as u64;
        let before_answer = stored.iter().take_while(|row| row.author.id == ana.id).count() as u64;
        match ending {
            Ending::None => assert_eq!(count, REQUEST_MESSAGES_MAX, "seed {seed}"),
            Ending::Answer => assert!(before_answer <= REQUEST_MESSAGES_MAX, "seed {seed}: {before_answer}"),
            Ending::Accept | Ending::Both => {}
        }
        for member in [ana, ben] {
            let is_hidden = ending == Ending::None && member.id == ben.id;
            let listed: Vec<_> =
                rows.iter().filter_map(InboxRow::from_item).filter(|row| row.owner == member.id).collect();
            let expected = if is_hidden { vec![] } else { vec![count] };
            assert_eq!(listed.iter().map(|row| row.seq).collect::<Vec<_>>(), expected, "seed {seed}: {}", member.id);
            let requests = rows.iter().filter_map(RequestRow::from_item).filter(|row| row.owner == member.id).count();
            assert!(ending == Ending::None || requests == 0, "seed {seed}: {requests}");
        }
    }
}
