//! Sample conversation of Ana and Ben on a developer's machine. It spans three weeks and shows day separators, grouped
//! messages, long texts and older pages.

/// Author of a sample message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// The first sample user.
    Ana,
    /// The second sample user.
    Ben,
}

use Author::{Ana, Ben};

/// Days before today, time of that day in UTC, author, text.
pub type SampleMessage = (i64, (u8, u8), Author, &'static str);

/// The messages of the conversation, oldest first.
pub const MESSAGES: [SampleMessage; 38] = [
    (21, (17, 2), Ana, "Hello Ben, this is Ana from the repair café. You asked about the old radio?"),
    (21, (17, 9), Ben, "Yes! It hums, but no stations. It was my grandmother’s."),
    (21, (17, 10), Ben, "Is there any hope?"),
    (21, (17, 15), Ana, "There is always hope. Does the dial light up?"),
    (21, (17, 21), Ben, "It does. Warm and yellow, like a kitchen window."),
    (21, (17, 24), Ana, "Then the transformer lives. Bring it on Saturday, and do not open it before: it can bite."),
    (21, (17, 25), Ben, "Understood. No biting."),
    (18, (8, 40), Ben, "It weighs as much as a small dog."),
    (18, (8, 41), Ana, "Bring the dog too."),
    (
        18,
        (12, 31),
        Ana,
        "Found the fault. Two dried-out capacitors, and a moth.\n\nThe moth was not the fault. It just lived there.",
    ),
    (18, (12, 37), Ben, "Poor moth. Can you get the parts?"),
    (18, (12, 52), Ana, "Ordered. They come from a man in Łódź who has a whole cellar of them."),
    (
        16,
        (19, 5),
        Ben,
        "I looked up the model: built in 1957, five valves. The names on the dial are a poem: Hilversum, Beromünster, Kalundborg, Athlone, Reykjavík.",
    ),
    (16, (19, 6), Ben, "Where is Beromünster?"),
    (16, (19, 18), Ana, "Switzerland. The mast still stands, but it has been silent since 2008."),
    (14, (7, 55), Ana, "Parts are here 📦"),
    (14, (8, 3), Ben, "That was quick!"),
    (14, (8, 4), Ana, "Łódź is quick."),
    (13, (20, 11), Ana, "It plays."),
    (13, (20, 11), Ana, "It plays!!"),
    (13, (20, 14), Ben, "What does it play?"),
    (
        13,
        (20, 15),
        Ana,
        "Right now? A football match in a language that I cannot name, and somebody very happy about it.",
    ),
    (13, (20, 22), Ben, "My grandmother would say: leave it there, it is winning."),
    (10, (16, 30), Ben, "What do I owe you?"),
    (10, (16, 48), Ana, "Parts were 4.60. The rest is cake."),
    (10, (16, 49), Ben, "What kind of cake?"),
    (10, (16, 50), Ana, "A repair café has no opinion. I have: plum."),
    (
        9,
        (11, 0),
        Ben,
        "For the record, and so that nobody can say that it was not written down: on Saturday I shall bring one plum cake, made after the recipe of the same grandmother, with more butter than is wise, with cinnamon, without raisins (she held that raisins are grapes that gave up), and in return I receive one radio that plays, five valves included, and the address of the man in Łódź, in case my toaster should follow the radio’s example.",
    ),
    (9, (11, 6), Ana, "Signed: Ana. Witness: the moth’s next of kin."),
    (7, (9, 15), Ben, "The cake is in the oven 🥧"),
    (7, (14, 40), Ana, "The cake is gone. It met eleven people."),
    (7, (14, 42), Ben, "Then it has done what it was made for."),
    (
        4,
        (21, 3),
        Ben,
        "Listening to it every evening. Last night: a choir, then somebody reading the water levels of rivers. For half an hour! I did not switch it off.",
    ),
    (4, (21, 10), Ana, "Water levels are the best programme there is."),
    (2, (18, 20), Ben, "My neighbour heard it through the wall and asked whether you also do record players."),
    (2, (18, 33), Ana, "We do. Saturday, from ten. Does it weigh as much as a dog?"),
    (1, (8, 12), Ben, "She says: as a cat, but an old one."),
    (1, (8, 13), Ben, "See you on Saturday!"),
];
