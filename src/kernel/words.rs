//! The `words!` macro, which declares enums of the field's vocabulary.

/// Declares an enum of the field's vocabulary: one line per variant with its word in the
/// database and its Chinese label.
#[macro_export]
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal, $label:literal;)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, sqlx::Type)]
        #[serde(rename_all = "snake_case")]
        #[sqlx(type_name = "text")]
        pub enum $name {
            $($(#[$variant_doc])* #[sqlx(rename = $word)] #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in the database, in URLs and in forms.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The Chinese label.
            pub fn label(self) -> &'static str {
                match self { $(Self::$variant => $label,)+ }
            }

            /// Parses either the database word or the label.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text || word.label() == text)
            }

            /// All values with their labels, for a choice in a form.
            pub fn choices() -> Vec<(&'static str, &'static str)> {
                Self::ALL.iter().map(|word| (word.as_str(), word.label())).collect()
            }
        }
    };
}
