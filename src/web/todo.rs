//! The to-do list (要办的事) of a first page. Every feature adds lines of one kind; the
//! dashboards join them, and `templates/ui/todo.html` shows them.

/// Something that waits for the visitor.
#[derive(Clone, Debug)]
pub struct TodoItem {
    /// Where it is done.
    pub path: String,
    /// Whose it is, or which: a station's report, a project, how many of something.
    pub name: String,
    /// What to do there, as a button; empty where the name says it all.
    pub act: &'static str,
    /// What else to know: what is asked, until when, how far it is.
    pub marks: Vec<Mark>,
    pub is_overdue: bool,
}

/// A few words beside an item, with the colour of a tag or none.
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

    /// Plain words beside it.
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
