//! A contact between being drawn and being complete: the template that the study calls partial.
//!
//! The samplers make partial contacts and `columns` appends them. They hold no phone number, only
//! whether there is one: numbers are given late, in the order in which rows reach the builders.

/// A contact that still lacks its phone numbers. `S` is whatever owns the name's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PartialContact<S> {
    pub(crate) name: Option<S>,
    /// Empty means that the contact has no list of phones at all.
    pub(crate) phones: Vec<PartialPhone>,
}

/// A phone that still lacks its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PartialPhone {
    pub(crate) has_number: bool,
    pub(crate) phone_type: Option<PhoneType>,
}

/// Kind of a phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PhoneType {
    Mobile,
    Work,
    Home,
}

impl PhoneType {
    /// The text in the data.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Mobile => "Mobile",
            Self::Work => "Work",
            Self::Home => "Home",
        }
    }
}

/// A contact that lacks nothing.
pub(crate) struct Contact<S> {
    pub(crate) name: Option<S>,
    pub(crate) phones: Vec<Phone>,
}

/// A phone that lacks nothing.
pub(crate) struct Phone {
    pub(crate) number: Option<String>,
    pub(crate) phone_type: Option<PhoneType>,
}
