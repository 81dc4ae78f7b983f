//! The builders of one record batch, and how contacts are appended to them.
//!
//! Owned by a `stage`. Generic over the phone type's builder, because the schema is one of the
//! study's choices; everything else about a column is fixed.

use std::marker::PhantomData;
use std::sync::Arc;

use arrow::array::{
    ArrayBuilder, ListBuilder, RecordBatch, StringBuilder, StringDictionaryBuilder, StructBuilder,
};
use arrow::datatypes::{SchemaRef, UInt8Type};
use workload_api::WorkloadError;

use super::numbers::{Ids, Numbers};
use super::partial::{PartialPhone, Phone, PhoneType};
use super::schema::{self, NUMBER_INDEX, PHONE_TYPE_INDEX};
use super::words::PhoneTypeColumn;

/// A builder that takes phone types.
pub(crate) trait TypeColumn: ArrayBuilder + Default {
    /// The schema's word for it.
    const COLUMN: PhoneTypeColumn;

    /// Appends one type or null.
    fn append(&mut self, phone_type: Option<PhoneType>);
}

impl TypeColumn for StringBuilder {
    const COLUMN: PhoneTypeColumn = PhoneTypeColumn::Utf8;

    fn append(&mut self, phone_type: Option<PhoneType>) {
        self.append_option(phone_type.map(PhoneType::text));
    }
}

impl TypeColumn for StringDictionaryBuilder<UInt8Type> {
    const COLUMN: PhoneTypeColumn = PhoneTypeColumn::Dictionary;

    fn append(&mut self, phone_type: Option<PhoneType>) {
        self.append_option(phone_type.map(PhoneType::text));
    }
}

/// The columns of a batch that is being built.
pub(crate) struct Columns<T> {
    schema: SchemaRef,
    /// The name column; names are appended by whoever knows their owner.
    pub(crate) name: StringBuilder,
    phones: ListBuilder<StructBuilder>,
    phone_type: PhantomData<T>,
}

impl<T: TypeColumn> Columns<T> {
    /// Empty columns.
    pub(crate) fn new() -> Self {
        let children: Vec<Box<dyn ArrayBuilder>> =
            vec![Box::new(StringBuilder::new()), Box::new(T::default())];
        let phone = StructBuilder::new(schema::phone(T::COLUMN), children);
        Self {
            schema: schema::contact(T::COLUMN),
            name: StringBuilder::new(),
            phones: ListBuilder::new(phone),
            phone_type: PhantomData,
        }
    }

    /// Appends the phones of one contact, giving each its number; null when there are none.
    pub(crate) fn append_partial<I: Ids>(
        &mut self,
        phones: &[PartialPhone],
        numbers: &mut Numbers<I>,
    ) {
        if phones.is_empty() {
            self.phones.append_null();
            return;
        }
        let builder = self.phones.values();
        for phone in phones {
            let column = number_column(builder);
            if phone.has_number {
                numbers.append(column);
            } else {
                column.append_null();
            }
            type_column::<T>(builder).append(phone.phone_type);
            builder.append(true);
        }
        self.phones.append(true);
    }

    /// Appends the phones of one complete contact; null when there are none.
    pub(crate) fn append_complete(&mut self, phones: &[Phone]) {
        if phones.is_empty() {
            self.phones.append_null();
            return;
        }
        let builder = self.phones.values();
        for phone in phones {
            number_column(builder).append_option(phone.number.as_deref());
            type_column::<T>(builder).append(phone.phone_type);
            builder.append(true);
        }
        self.phones.append(true);
    }

    /// The batch so far; the columns are empty afterwards.
    ///
    /// # Errors
    /// When the columns do not fit the schema.
    pub(crate) fn finish(&mut self) -> Result<RecordBatch, WorkloadError> {
        let name = Arc::new(self.name.finish());
        let phones = Arc::new(self.phones.finish());
        RecordBatch::try_new(Arc::clone(&self.schema), vec![name, phones])
            .map_err(|error| WorkloadError::context("finishing a record batch", error))
    }
}

fn number_column(phone: &mut StructBuilder) -> &mut StringBuilder {
    // OK because `Columns::new` put this type at this place.
    phone.field_builder(NUMBER_INDEX).expect("numbers are strings")
}

fn type_column<T: TypeColumn>(phone: &mut StructBuilder) -> &mut T {
    // OK because `Columns::new` put this type at this place.
    phone.field_builder(PHONE_TYPE_INDEX).expect("the type column is the chosen one")
}
