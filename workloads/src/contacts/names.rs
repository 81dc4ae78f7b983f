//! The ways of a name from the sampler to the name column: cloned, borrowed or interned.
//!
//! `stage` is generic over [`Names`], so that each way is compiled on its own and a row never asks
//! which one it is on.

use std::sync::Arc;

use arrow::array::StringBuilder;

use super::interner::Interner;

/// One way of a name.
pub(crate) trait Names: Copy {
    /// What owns the text of a name in a gathered contact.
    type Name;

    /// Owns a text that stands in somebody's buffer.
    fn keep(self, text: &str) -> Self::Name;

    /// Owns a text that is owned already.
    fn adopt(self, text: String) -> Self::Name;

    /// The text of a name.
    fn text(name: &Self::Name) -> &str;

    /// Appends a text that stands in somebody's buffer.
    fn append(self, text: &str, column: &mut StringBuilder) {
        column.append_value(Self::text(&self.keep(text)));
    }
}

/// The text becomes a string before the column copies it.
#[derive(Clone, Copy)]
pub(crate) struct Cloned;

impl Names for Cloned {
    type Name = String;

    fn keep(self, text: &str) -> String {
        text.to_owned()
    }

    fn adopt(self, text: String) -> String {
        text
    }

    fn text(name: &String) -> &str {
        name
    }
}

/// The column copies the text from the buffer. A gathered contact still has to own its name.
#[derive(Clone, Copy)]
pub(crate) struct Borrowed;

impl Names for Borrowed {
    type Name = String;

    fn keep(self, text: &str) -> String {
        text.to_owned()
    }

    fn adopt(self, text: String) -> String {
        text
    }

    fn text(name: &String) -> &str {
        name
    }

    fn append(self, text: &str, column: &mut StringBuilder) {
        column.append_value(text);
    }
}

/// Equal names share one text.
#[derive(Clone, Copy)]
pub(crate) struct Interned<'a>(pub(crate) &'a Interner);

impl Names for Interned<'_> {
    type Name = Arc<String>;

    fn keep(self, text: &str) -> Arc<String> {
        self.0.intern(text)
    }

    fn adopt(self, text: String) -> Arc<String> {
        self.0.intern(&text)
    }

    fn text(name: &Arc<String>) -> &str {
        name
    }
}
