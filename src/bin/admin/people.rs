//! The people of a developer's machine.

/// A person to sign in as.
pub struct Person {
    /// What they sign in with.
    pub email: &'static str,
    /// The unique name.
    pub handle: &'static str,
    /// The name that others read: several scripts and directions, since real names have them.
    pub name: &'static str,
}

/// The password of all of them. It is not a secret: it opens nothing but a developer's machine.
pub const PASSWORD: &str = "Cruddur-local-1";

/// Everybody; the first two talk already.
pub const PEOPLE: [Person; 7] = [
    Person { email: "ana@example.com", handle: "ana", name: "Ana Almeida" },
    Person { email: "ben@example.com", handle: "ben", name: "Ben Okafor" },
    Person { email: "cy@example.com", handle: "cy", name: "Cy Lindqvist" },
    Person { email: "dalia@example.com", handle: "dalia", name: "داليا حسن" },
    Person { email: "eiko@example.com", handle: "eiko", name: "佐藤 英子" },
    Person { email: "fedir@example.com", handle: "fedir", name: "Федір Коваленко" },
    Person { email: "gal@example.com", handle: "gal", name: "גל אביטל" },
];
