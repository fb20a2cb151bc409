//! Ids of entities.

/// Defines a type `Id` around a UUID. Each entity has an id type of its own, so that the compiler tells them apart.
/// Serialized and displayed like the UUID itself.
macro_rules! id_type {
    ($(#[$doc:meta])* Id) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize,
        )]
        #[serde(transparent)]
        pub struct Id(pub ::uuid::Uuid);

        impl ::std::fmt::Display for Id {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl ::std::str::FromStr for Id {
            type Err = ::uuid::Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

pub(crate) use id_type;
