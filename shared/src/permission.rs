//! What a caller may do beyond what everybody may, as names: `invoices.read`. Roles are made of them, tokens carry them,
//! and components ask for them; no component asks for a role.

/// Stands for every permission there is. The built-in role `admin` has it, and no other role.
pub const ALL: &str = "*";

/// In bytes; the names stand in tokens.
const NAME_LIMIT: usize = 48;

/// A set of permissions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Permissions(Vec<String>);

impl Permissions {
    /// What is said in one header or cell: names separated by commas.
    pub fn parse(list: &str) -> Self {
        let names = list.split(',').map(str::trim);
        let names = names.filter(|name| !name.is_empty()).map(str::to_owned);
        names.collect()
    }

    /// Whether this permission is among them.
    pub fn contains(&self, permission: &str) -> bool {
        self.0.iter().any(|own| own == ALL || own == permission)
    }

    /// Whether all of `others` are among them, as they must be to give them to somebody.
    pub fn cover(&self, others: &Self) -> bool {
        others.iter().all(|other| self.contains(other))
    }

    /// Their names, sorted.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl FromIterator<String> for Permissions {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        let mut names = Vec::from_iter(names);
        names.sort_unstable();
        names.dedup();
        // Beside the one that stands for all, others say nothing.
        if names.iter().any(|name| name == ALL) {
            names = vec![ALL.to_owned()];
        }
        Self(names)
    }
}

/// Whether `text` can name a permission: `resource.action`, in words of small letters, digits and hyphens.
pub fn is_name(text: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_lowercase())
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.len() <= NAME_LIMIT && text.contains('.') && text.split('.').all(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_contains_what_it_names() {
        let some = Permissions::parse("users.read, accounts.read,,users.read");
        assert!(some.contains("users.read") && some.contains("accounts.read"));
        assert!(!some.contains("users.write") && !some.contains("users") && !some.contains(""));
        assert_eq!(Vec::from_iter(some.iter()), ["accounts.read", "users.read"]);
        assert!(!Permissions::default().contains(ALL));
    }

    #[test]
    fn the_star_stands_for_everything_and_nothing_else_does() {
        let all = Permissions::parse("users.read,*");
        assert!(all.contains("whatever.there-is"));
        assert_eq!(Vec::from_iter(all.iter()), [ALL]);
        assert!(!Permissions::parse("users.*").contains("users.read"));
    }

    #[test]
    fn a_set_covers_its_parts_and_only_all_covers_all() {
        let (all, some) = (Permissions::parse("*"), Permissions::parse("a.b,c.d"));
        let none = Permissions::default();
        assert!(all.cover(&some) && all.cover(&all) && all.cover(&none));
        assert!(some.cover(&some) && some.cover(&none));
        assert!(some.cover(&Permissions::parse("c.d")));
        assert!(!some.cover(&all) && !some.cover(&Permissions::parse("a.b,e.f")));
        assert!(!none.cover(&some));
    }

    #[test]
    fn a_name_is_a_resource_and_an_action() {
        for name in ["users.read", "api-keys.manage", "a.b.c2"] {
            assert!(is_name(name), "{name}");
        }
        for name in [
            "",
            "*",
            "users",
            "users.",
            ".read",
            "users.*",
            "Users.read",
            "a b.c",
            "a.b,c.d",
            "2.b",
            "a..b",
            "a.b\n",
        ] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(!is_name(&format!("a.{}", "b".repeat(NAME_LIMIT))));
    }
}
