//! Sample users of a developer's machine.

/// User to sign in as.
pub struct SampleUser {
    pub email: &'static str,
    pub handle: &'static str,
    /// Display name. The names cover several scripts and both directions, as real ones do.
    pub name: &'static str,
}

/// Password of all sample users. It is not a secret: it gives access to a developer's machine only.
pub const PASSWORD: &str = "Cruddur-local-1";

/// All sample users. The first two have a conversation.
pub const SAMPLE_USERS: [SampleUser; 7] = [
    SampleUser { email: "ana@example.com", handle: "ana", name: "Ana Almeida" },
    SampleUser { email: "ben@example.com", handle: "ben", name: "Ben Okafor" },
    SampleUser { email: "cy@example.com", handle: "cy", name: "Cy Lindqvist" },
    SampleUser { email: "dalia@example.com", handle: "dalia", name: "داليا حسن" },
    SampleUser { email: "eiko@example.com", handle: "eiko", name: "佐藤 英子" },
    SampleUser { email: "fedir@example.com", handle: "fedir", name: "Федір Коваленко" },
    SampleUser { email: "gal@example.com", handle: "gal", name: "גל אביטל" },
];
