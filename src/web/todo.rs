//! Items of the to-do list (要办的事) on a home page. Each feature adds its items; the dashboards
//! join them, and `templates/ui/todo.html` renders them.

/// An item of the visitor's to-do list.
#[derive(Clone, Debug)]
pub struct TodoItem {
    /// Path of the page that deals with it.
    pub path: String,
    /// The subject: a station's report, a project, a number of something.
    pub name: String,
    /// Label of the button; empty if the name says enough.
    pub act: &'static str,
    /// Further details: the request, the due date, the progress.
    pub marks: Vec<Mark>,
    pub is_overdue: bool,
}

/// A short note beside an item, as a coloured tag or as plain text.
#[derive(Clone, Debug)]
pub struct Mark {
    pub words: String,
    pub colour: &'static str,
}

impl TodoItem {
    pub fn new(path: impl Into<String>, name: impl Into<String>) -> Self {
        Self { path: path.into(), name: name.into(), act: "", marks: vec![], is_overdue: false }
    }

    #[must_use]
    pub fn act(mut self, words: &'static str) -> Self {
        self.act = words;
        self
    }

    /// Adds a note in plain text.
    #[must_use]
    pub fn with(self, words: impl Into<String>) -> Self {
        self.tagged(words, "")
    }

    #[must_use]
    pub fn tagged(mut self, words: impl Into<String>, colour: &'static str) -> Self {
        self.marks.push(Mark { words: words.into(), colour });
        self
    }

    #[must_use]
    pub fn overdue(mut self, is_overdue: bool) -> Self {
        self.is_overdue = is_overdue;
        self
    }
}
