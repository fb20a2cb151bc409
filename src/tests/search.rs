//! Search for users by the words of their names.

use cruddur_messages::domain::user::Id;
use cruddur_messages::server::store::postgres;
use cruddur_messages::server::store::postgres::users::Users;
use fastrand::Rng;
use sqlx::AssertSqlSafe;
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

use crate::support::postgres::Database;

/// Letters of names, by script.
const LETTERS: [&str; 11] = [
    "abcdefghijklmnopqrstuvwxyz",
    "aáàâäãåbcçdéèêëfgíñóöøúüýžłđßœ",
    "αάβγδεέζηήθιίκλμνξοόπρσςτυύφχψωώ",
    "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "אבגדהוזחטיכלמנסעפצקרשת",
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويأإآىة",
    "अआइईउऊकखगघचछजझटठडढतथदधनपफबभमयरलवशषसह",
    "กขคงจฉชซญณดตถทธนบปผฝพฟภมยรลวศษสหอฮ",
    "李王张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾",
    "가나다라마바사아자차카타파하김이박최정강조윤장임한오서신권황안송류홍",
    "あいうえおかきくけこさしすせそたちつてとがぎぐげごアイウエオカキクケコ",
];

const JOINTS: [&str; 8] = [" ", " ", "-", "'", "’", "\u{2010}", " (", ", "];

/// Returns words of one script, long enough to be of only one user.
fn random_words(random: &mut Rng) -> Vec<String> {
    let letters: Vec<char> = LETTERS[random.usize(..LETTERS.len())].chars().collect();
    let word = |random: &mut Rng| (0..random.usize(6..9)).map(|_| letters[random.usize(..letters.len())]).collect();
    (0..random.usize(1..4)).map(|_| word(random)).collect()
}

fn joined(words: &[String], random: &mut Rng) -> String {
    let mut name = words[0].clone();
    for word in &words[1..] {
        name += JOINTS[random.usize(..JOINTS.len())];
        name += word;
    }
    name
}

/// Returns texts that a reader takes for the word or its beginning.
fn searches(word: &str) -> Vec<String> {
    let beginning: String = word.chars().take(5).collect();
    vec![
        word.to_owned(),
        word.to_uppercase(),
        word.to_lowercase(),
        word.nfd().collect(),
        word.nfc().collect(),
        word.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect(),
        format!("\u{feff}{word}\u{200b}"),
        format!("{word},"),
        format!("(“{word}”)"),
        format!("{word}."),
        beginning,
    ]
}

async fn found(users: &Users, text: &str) -> Vec<Id> {
    let found =
        users.search(text, Id(Uuid::nil()), &[]).await.unwrap_or_else(|failure| panic!("{text:?}: {failure:?}"));
    found.into_iter().map(|user| user.id).collect()
}

async fn insert(database: &Database, id: Id, name: &str) {
    let insert =
        "insert into users (uuid, display_name, handle, email, cognito_user_id) values ($1, $2, $3, $3, 'MOCK')";
    let insert = sqlx::query(insert).bind(id.0).bind(name).bind(id.0.to_string());
    insert.execute(&database.pool).await.expect("a row of the old app");
}

// F36
#[tokio::test]
async fn a_search_for_any_word_of_a_name_finds_it() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let mut random = Rng::with_seed(36);
    let mut people = Vec::new();
    for _ in 0..250 {
        let words = random_words(&mut random);
        let name = joined(&words, &mut random);
        let stored: String = if random.bool() { name.nfd().collect() } else { name.clone() };
        let id = Id(Uuid::new_v4());
        insert(&database, id, &stored).await;
        people.push((id, words, name));
    }
    for (id, words, name) in &people {
        for word in words {
            for search in searches(word) {
                assert!(found(&users, &search).await.contains(id), "{search:?} in {name:?}");
            }
        }
        let other_order: Vec<_> = words.iter().rev().map(String::as_str).collect();
        assert!(found(&users, &other_order.join(" ")).await.contains(id), "{other_order:?} in {name:?}");
        assert!(found(&users, name).await.contains(id), "{name:?}");
    }
}

// F36
#[tokio::test]
async fn people_are_found_folded_by_any_word_and_in_any_script() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    for (name, searches) in [
        ("José Ñandú", &["jose", "nandu", "JOSÉ", "jose\u{301}", "ñan"][..]),
        ("李小龙", &["李", "小龙", "龙", "李小龙"]),
        ("Conan O'Brien", &["brien", "o'brien", "obrien", "O’Br", "conan"]),
        ("Jose\u{301}phine", &["josé", "josephine"]),
        ("김철수", &["김", "철수"]),
        ("Łukasz Straße", &["lukasz", "strasse", "STRASSE"]),
        ("Михаил Фёдоров", &["федоров", "МИХ"]),
        ("दिया मिर्ज़ा", &["दिया", "मिर्ज़ा"]),
        ("Ann\u{200d}a \u{200b}Bell", &["anna", "bell"]),
    ] {
        let id = Id(Uuid::new_v4());
        insert(&database, id, name).await;
        for search in searches {
            assert!(found(&users, search).await.contains(&id), "{search} in {name}");
        }
    }
}

// F36
#[tokio::test]
async fn a_name_that_the_old_app_changes_is_found_at_once_and_the_previous_one_is_not() {
    let database = Database::fresh().await;
    let users = Users::new(database.pool.clone());
    let id = Id(Uuid::new_v4());
    insert(&database, id, "Renée").await;
    assert_eq!(found(&users, "renee").await, [id]);
    database.execute("update users set display_name = 'Zoë'").await;
    assert_eq!((found(&users, "zoe").await, found(&users, "renee").await), (vec![id], vec![]));
    database.execute("update users set handle = 'éva'").await;
    assert_eq!(found(&users, "@eva").await, [id]);
}

#[tokio::test]
async fn the_migration_fills_the_words_of_all_rows_and_searches_use_the_index() {
    let database = Database::fresh().await;
    database
        .execute(
            "insert into users (display_name, handle, email, cognito_user_id)
            select 'Näme' || n || ' ' || chr(20000 + n % 20000), 'user' || n, 'user' || n || '@example.com', 'MOCK'
            from generate_series(1, 20000) as n",
        )
        .await;
    postgres::migrate(&database.pool).await.expect("the words are filled");
    assert_eq!(database.number("select count(*) from users where search_words is null").await, 0);
    database.execute("analyze users").await;
    let statement = include_str!("../../sql/users/search.sql");
    let statement: Vec<_> = statement.lines().filter(|line| !line.starts_with("--")).collect();
    let mut connection = database.pool.acquire().await.expect("a connection");
    // A small table is read as a whole. The question is whether the index can answer.
    sqlx::raw_sql("set enable_seqscan to off").execute(&mut *connection).await.expect("set");
    for words in ["'name1234':*", "'\u{4e8c}':*", "'na':* & 'name777':*"] {
        let values = [format!("$q${words}$q$"), format!("'{{{}}}'", Uuid::nil()), "'x'".to_owned(), "10".to_owned()];
        let statement =
            (1..).zip(values).fold(statement.join("\n"), |sql, (n, value)| sql.replace(&format!("${n}"), &value));
        let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(format!("explain {statement}")))
            .fetch_all(&mut *connection)
            .await
            .expect("a plan");
        assert!(plan.iter().any(|line| line.contains("users_search_words")), "{words}: {plan:#?}");
    }
}
