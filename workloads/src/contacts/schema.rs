//! The Arrow schema of a contact: a name, and a list of phones.
//!
//! `columns` builds arrays of it, `digest` reads them by these names. All fields may be null, as
//! in the study.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use super::words::PhoneTypeColumn;

pub(crate) const NAME: &str = "name";
pub(crate) const PHONES: &str = "phones";
pub(crate) const NUMBER: &str = "number";
pub(crate) const PHONE_TYPE: &str = "phone_type";

/// Place of the number in a phone.
pub(crate) const NUMBER_INDEX: usize = 0;
/// Place of the type in a phone.
pub(crate) const PHONE_TYPE_INDEX: usize = 1;

/// The schema of a record batch of contacts.
pub(crate) fn contact(column: PhoneTypeColumn) -> SchemaRef {
    let item = Field::new_list_field(DataType::Struct(phone(column)), true);
    Arc::new(Schema::new(vec![
        Field::new(NAME, DataType::Utf8, true),
        Field::new(PHONES, DataType::List(Arc::new(item)), true),
    ]))
}

/// The fields of a phone.
pub(crate) fn phone(column: PhoneTypeColumn) -> Fields {
    let phone_type = match column {
        PhoneTypeColumn::Utf8 => DataType::Utf8,
        PhoneTypeColumn::Dictionary => {
            DataType::Dictionary(Box::new(DataType::UInt8), Box::new(DataType::Utf8))
        }
    };
    Fields::from(vec![
        Field::new(NUMBER, DataType::Utf8, true),
        Field::new(PHONE_TYPE, phone_type, true),
    ])
}
