//! Old tables whose index lags behind: what it shows is not all that there is.

use cruddur_messages::domain::user;
use cruddur_messages::server::store::dynamodb::Table;
use cruddur_messages::server::store::dynamodb::clock::Clock;
use cruddur_messages::server::store::dynamodb::legacy::whole::Purpose;
use cruddur_messages::server::store::dynamodb::schema::{self, Billing};

use super::adopting::run;
use super::writing::{assert_ben_has_it_again, with_a_lost_row};
use super::{NOW, Server, person};
use crate::support::dynamodb::TABLE;
use crate::support::old_app::{Inbox, OldApp, OldTalk, SHAPE, Shape};
use crate::support::wire::{Cloud, Fault, View, Wire};

/// For how many queries the index lags behind: one, or more than a move makes before it asks the table. And the dice:
/// of two rows, these first show the second one, both, none, the first one twice, and none again.
fn lags() -> impl Iterator<Item = (u8, u64)> {
    [1_u8, 9].into_iter().flat_map(|queries| (10..16_u64).map(move |dice| (queries, dice)))
}

/// A table as the old app left it, a server on it, and the way between the two.
async fn server_by_wire(app: &OldApp) -> (Wire, Server) {
    let wire = Cloud::start().wire();
    let table = Table::new(wire.client(), TABLE).with_clock(Clock::new(|| NOW).without_waiting());
    schema::create(table.client(), TABLE, Billing::OnDemand).await.expect("made");
    app.write_to(&table).await;
    (wire, Server::on(table).await)
}

/// Opens a conversation for the first time, while the index lags behind. As long as it shows no row there is nothing to
/// open; who asks again finds it.
async fn open_by_lag(wire: &Wire, (queries, dice): (u8, u64), server: &Server, me: user::Id, talk: &OldTalk) {
    wire.set(Fault::Nothing, View::Stale { queries, dice });
    let mut in_vain = 0;
    while !server.may_open(me, talk.id).await {
        in_vain += 1;
        assert!(in_vain <= queries, "the index shows everything by now");
    }
}

#[tokio::test]
async fn messages_heal_what_is_wrong_in_the_lists_though_the_index_lags_behind() {
    let (ana, ben) = (person(0), person(1));
    for inbox in [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind] {
        for lag in lags() {
            let case = format!("{inbox:?}, {lag:?}");
            let mut app = OldApp::new(3);
            let talk = app.talk(&ana, &ben, Shape { inbox, ..SHAPE });
            let (wire, server) = server_by_wire(&app).await;
            open_by_lag(&wire, lag, &server, ana.id, &talk).await;
            let (rows, is_twice) = (server.inbox_rows(talk.id).await, inbox == Inbox::Twice);
            assert!(talk.members.iter().all(|me| rows[me].len() == 1 + usize::from(is_twice)), "{case}: {rows:#?}");

            server.send(&ana, talk.id, "here we are").await;
            for me in talk.members {
                assert_eq!(server.list(me).await.len(), 1, "{case}");
            }
            // A second row goes once the index shows it.
            if !is_twice {
                server.assert_rows_at(&talk, "here we are", 1).await;
            }
            wire.set(Fault::Nothing, View::Fresh);
            server.send(&ben, talk.id, "and go on").await;
            server.assert_rows_at(&talk, "and go on", 2).await;
        }
    }
}

#[tokio::test]
async fn who_lost_their_row_has_it_again_though_the_index_lags_behind() {
    for opened_by in [person(0), person(1)] {
        for lag in lags() {
            let (app, talk) = with_a_lost_row();
            let (wire, server) = server_by_wire(&app).await;
            open_by_lag(&wire, lag, &server, opened_by.id, &talk).await;
            assert_ben_has_it_again(&server, &talk).await;
        }
    }
}

#[tokio::test]
async fn who_writes_to_somebody_goes_on_with_their_old_conversation_though_the_index_lags_behind() {
    for inbox in [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind] {
        for (queries, dice) in lags() {
            let case = format!("{inbox:?}, {queries} queries, dice {dice}");
            let mut app = OldApp::new(3);
            let talk = app.talk(&person(0), &person(1), Shape { inbox, ..SHAPE });
            let (wire, server) = server_by_wire(&app).await;
            wire.set(Fault::Nothing, View::Stale { queries, dice });
            assert_eq!(server.start(&person(1), &person(0), "once more").await, talk.id, "{case}");
            wire.set(Fault::Nothing, View::Fresh);
            assert_eq!(server.history(person(0).id, talk.id).await.len(), talk.messages.len() + 1, "{case}");
        }
    }
}

#[tokio::test]
async fn adopting_a_whole_table_leaves_nothing_over_though_the_index_lags_behind() {
    for inbox in [Inbox::Whole, Inbox::Twice, Inbox::Lost, Inbox::Behind, Inbox::None] {
        let mut app = OldApp::new(3);
        let talk = app.talk(&person(0), &person(1), Shape { inbox, ..SHAPE });
        let (_wire, in_time) = server_by_wire(&app).await;
        let report = run(&in_time, Purpose::Change).await;
        assert_eq!(in_time.head(talk.id).await.is_some(), inbox != Inbox::None, "{inbox:?}");
        for (queries, dice) in lags() {
            let case = format!("{inbox:?}, {queries} queries, dice {dice}");
            let (wire, server) = server_by_wire(&app).await;
            wire.set(Fault::Nothing, View::Stale { queries, dice });
            assert_eq!(run(&server, Purpose::Report).await.changed, report.changed, "{case}: what it would do");
            wire.set(Fault::Nothing, View::Stale { queries, dice });
            assert_eq!(run(&server, Purpose::Change).await, report, "{case}");
            assert_eq!(server.rows().await, in_time.rows().await, "{case}: nobody will look again");
        }
    }
}
