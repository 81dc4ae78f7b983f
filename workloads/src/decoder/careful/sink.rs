//! Where the careful parser's values go: into the column of their type, or to whoever owns them.

use serde::de::SeqAccess;

use super::super::arrow_columns::{Column, Values};
use super::super::schema::{Field, Type};
use super::super::value::{Scalar, Value};
use super::{Cell, exactly};

/// Takes one value.
pub(super) trait Sink: Sized {
    /// What its giver has of it then.
    type Kept;

    /// Takes a value that is not nested.
    fn scalar(self, value: Scalar<'_>) -> Self::Kept;

    /// Takes the items of a list, all of one type. The name is that of the column.
    fn list<'de, A: SeqAccess<'de>>(
        self,
        of: (&'static str, &'static Type),
        values: A,
    ) -> Result<Self::Kept, A::Error>;

    /// Takes the fields of a row. The name is that of the column.
    fn row<'de, A: SeqAccess<'de>>(
        self,
        of: (&'static str, &'static [Field]),
        values: A,
    ) -> Result<Self::Kept, A::Error>;
}

/// The value itself.
pub(super) struct Own;

impl Sink for Own {
    type Kept = Value;

    fn scalar(self, value: Scalar<'_>) -> Value {
        value.into()
    }

    fn list<'de, A: SeqAccess<'de>>(
        self,
        (name, of): (&'static str, &'static Type),
        mut values: A,
    ) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = values.next_element_seed(Cell { name, of, sink: Self })? {
            list.push(value);
        }
        Ok(Value::List(list))
    }

    fn row<'de, A: SeqAccess<'de>>(
        self,
        (name, fields): (&'static str, &'static [Field]),
        values: A,
    ) -> Result<Value, A::Error> {
        let mut row = Vec::with_capacity(fields.len());
        let cells = fields.iter().map(|field| Cell { name, of: &field.of, sink: Self });
        exactly(cells, values, |value| row.push(value))?;
        Ok(Value::Row(row))
    }
}

/// A column takes only what is of its type, which is all that the parser gives it.
impl Sink for &mut Column {
    type Kept = ();

    #[inline]
    fn scalar(self, value: Scalar<'_>) {
        self.push(value);
    }

    fn list<'de, A: SeqAccess<'de>>(
        self,
        (name, of): (&'static str, &'static Type),
        mut values: A,
    ) -> Result<(), A::Error> {
        if let Values::Lists { ends, items } = &mut self.values {
            while values.next_element_seed(Cell { name, of, sink: &mut **items })?.is_some() {}
            ends.push(items.len() as i32);
        }
        Ok(())
    }

    fn row<'de, A: SeqAccess<'de>>(
        self,
        (name, fields): (&'static str, &'static [Field]),
        values: A,
    ) -> Result<(), A::Error> {
        if let Values::Rows { columns, .. } = &mut self.values {
            let cells = fields.iter().zip(columns);
            let cells = cells.map(|(field, sink)| Cell { name, of: &field.of, sink });
            exactly(cells, values, drop)?;
        }
        Ok(())
    }
}
