//! Ids that say what they are of: [TypeID](https://github.com/jetify-com/typeid) text over a UUIDv7,
//! so they sort by the time they were made.

/// Why a text is not the id that was expected. Reads well after a field's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an id of the form {prefix}_…")]
pub struct InvalidId {
    /// The prefix that the id should have had.
    pub prefix: &'static str,
}

/// Defines an id type: `id!(pub InvoiceId, "inv");`.
///
/// The type is `Copy`, ordered, hashable, and has the same text form everywhere: `Display`,
/// `FromStr`, serde, and as an SQL value.
#[macro_export]
macro_rules! id {
    ($(#[$meta:meta])* $vis:vis $name:ident, $prefix:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name($crate::__private::uuid::Uuid);

        #[allow(dead_code, reason = "not every id is both made and read")]
        impl $name {
            /// What the id's text begins with, before the underscore.
            $vis const PREFIX: &'static str = $prefix;

            /// Makes an id that nothing had before.
            #[allow(clippy::new_without_default, reason = "two new ids are never equal")]
            $vis fn new() -> Self {
                Self($crate::__private::uuid::Uuid::now_v7())
            }
        }

        const _: () = {
            use $crate::__private::{
                serde,
                type_safe_id::{StaticType, TypeSafeId},
            };

            #[derive(Default)]
            struct Tag;

            impl StaticType for Tag {
                const TYPE: &'static str = $prefix;
            }

            impl ::std::fmt::Display for $name {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    ::std::fmt::Display::fmt(&TypeSafeId::<Tag>::from_uuid(self.0), f)
                }
            }

            impl ::std::fmt::Debug for $name {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    ::std::fmt::Display::fmt(self, f)
                }
            }

            impl ::std::str::FromStr for $name {
                type Err = $crate::id::InvalidId;

                fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                    match text.parse::<TypeSafeId<Tag>>() {
                        Ok(id) => Ok(Self(id.uuid())),
                        Err(_) => Err($crate::id::InvalidId { prefix: $prefix }),
                    }
                }
            }

            impl serde::Serialize for $name {
                fn serialize<S: serde::Serializer>(
                    &self,
                    serializer: S,
                ) -> ::std::result::Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> serde::Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(
                    deserializer: D,
                ) -> ::std::result::Result<Self, D::Error> {
                    let text = <::std::string::String as serde::Deserialize>::deserialize(
                        deserializer,
                    )?;
                    text.parse().map_err(serde::de::Error::custom)
                }
            }

            impl $crate::storage::ToValue for $name {
                fn to_value(&self) -> $crate::storage::Value {
                    $crate::storage::Value::Text(self.to_string())
                }
            }
        };
    };
}

id!(
    /// A user, in every component: the token's subject.
    pub UserId, "usr"
);

id!(
    /// A signed-in session of a user.
    pub SessionId, "ses"
);

id!(
    /// An organisation of users.
    pub OrganizationId, "org"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_one_text_form_everywhere() {
        let id = UserId::new();
        let text = id.to_string();
        assert_eq!(text.len(), "usr_".len() + 26);
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(serde_json::to_value(id).unwrap(), text.as_str());
        assert_eq!(
            serde_json::from_value::<UserId>(text.as_str().into()).unwrap(),
            id
        );
        assert_eq!(format!("{id:?}"), text);
    }

    #[test]
    fn an_id_of_another_kind_or_form_is_refused() {
        let session = SessionId::new().to_string();
        let short = &UserId::new().to_string()[..29];
        let loud = UserId::new().to_string().to_uppercase();
        for text in [
            session.as_str(),
            short,
            &loud,
            "",
            "usr_",
            "usr",
            "usr_%00",
            "_",
            "usr_é",
        ] {
            assert_eq!(
                text.parse::<UserId>(),
                Err(InvalidId { prefix: "usr" }),
                "{text}"
            );
        }
    }

    #[test]
    fn a_suffix_beyond_128_bits_is_refused() {
        assert!("usr_7zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<UserId>().is_ok());
        assert!("usr_8zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<UserId>().is_err());
    }

    #[test]
    fn text_sorts_as_ids_do() {
        let mut ids: Vec<UserId> = (0..100).map(|_| UserId::new()).collect();
        let mut texts: Vec<String> = ids.iter().map(UserId::to_string).collect();
        ids.sort();
        texts.sort();
        assert!(ids.iter().map(UserId::to_string).eq(texts));
    }
}
