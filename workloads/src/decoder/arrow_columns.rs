//! Arrow columns of a segment: filled value by value, finished as a record batch, read again.
//!
//! Both parsers fill them. Nulls are noted by their place and become a bitmap at the end, because
//! most columns have few or none.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Decimal64Array, Decimal128Array,
    Float64Array, Int64Array, ListArray, RecordBatch, RecordBatchOptions, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Decimal64Type, Decimal128Type, Field as ArrowField, FieldRef, Fields,
    Float64Type, Int64Type, Schema, TimeUnit, TimestampMicrosecondType,
};
use arrow::error::ArrowError;

use super::schema::{Field, Type};
use super::value::{Scalar, Value};

/// Digits of a decimal that fits 64 bits.
const SHORT_DIGITS: u8 = 18;

/// The columns of one segment while they are filled.
pub(super) struct Builder {
    pub(super) fields: &'static [Field],
    pub(super) columns: Vec<Column>,
}

/// One column while it is filled.
pub(super) struct Column {
    pub(super) values: Values,
    /// Places without a value, in order. Something stands there in the values.
    nulls: Vec<u32>,
}

/// The values of one type, and for nested ones the columns within.
pub(super) enum Values {
    Booleans(Vec<bool>),
    Integers(Vec<i64>),
    Doubles(Vec<f64>),
    /// Decimals of up to 18 digits, with their precision and scale.
    Decimals(Vec<i64>, (u8, u8)),
    LongDecimals(Vec<i128>, (u8, u8)),
    /// Days since 1970-01-01.
    Dates(Vec<i32>),
    /// Microseconds since 1970-01-01.
    Timestamps(Vec<i64>),
    Texts(Texts),
    /// Where each list ends among all items.
    Lists {
        ends: Vec<i32>,
        items: Box<Column>,
    },
    Rows {
        fields: &'static [Field],
        columns: Vec<Column>,
    },
}

/// All texts of a column in one piece, and where each ends.
pub(super) struct Texts {
    pub(super) bytes: Vec<u8>,
    ends: Vec<i32>,
}

impl Texts {
    /// Ends a text, whose bytes were appended.
    pub(super) fn end(&mut self) {
        // OK because a segment has at most 256 MiB of JSON, and no text is longer than its JSON.
        self.ends.push(self.bytes.len() as i32);
    }
}

impl Builder {
    /// Room for `rows` rows.
    pub(super) fn new(fields: &'static [Field], rows: usize) -> Self {
        Self { fields, columns: columns(fields, rows) }
    }

    /// The batch of `rows` rows.
    ///
    /// # Errors
    /// When the columns are not as long as that, or texts are no UTF-8.
    pub(super) fn finish(self, rows: usize) -> Result<RecordBatch, ArrowError> {
        let schema = Arc::new(Schema::new(arrow_fields(self.fields)));
        let columns: Result<Vec<_>, _> = self.columns.into_iter().map(Column::finish).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(schema, columns?, &options)
    }
}

fn columns(fields: &'static [Field], rows: usize) -> Vec<Column> {
    fields.iter().map(|field| Column::new(&field.of, rows)).collect()
}

fn arrow_fields(fields: &[Field]) -> Fields {
    fields.iter().map(|field| ArrowField::new(field.name, data_type(&field.of), true)).collect()
}

/// What Arrow calls the items of a list.
fn item(of: &Type) -> FieldRef {
    Arc::new(ArrowField::new_list_field(data_type(of), true))
}

fn data_type(of: &Type) -> DataType {
    match of {
        Type::Boolean => DataType::Boolean,
        Type::Integer => DataType::Int64,
        Type::Double => DataType::Float64,
        &Type::Decimal { precision, scale } if precision <= SHORT_DIGITS => {
            DataType::Decimal64(precision, scale as i8)
        }
        &Type::Decimal { precision, scale } => DataType::Decimal128(precision, scale as i8),
        Type::Date => DataType::Date32,
        Type::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::Text => DataType::Utf8,
        Type::List(of) => DataType::List(item(of)),
        Type::Row(fields) => DataType::Struct(arrow_fields(fields)),
    }
}

/// A vector that a column's ends stand in: the first one is zero.
fn ends(rows: usize) -> Vec<i32> {
    let mut ends = Vec::with_capacity(rows + 1);
    ends.push(0);
    ends
}

impl Column {
    fn new(of: &'static Type, rows: usize) -> Self {
        let values = match *of {
            Type::Boolean => Values::Booleans(Vec::with_capacity(rows)),
            Type::Integer => Values::Integers(Vec::with_capacity(rows)),
            Type::Double => Values::Doubles(Vec::with_capacity(rows)),
            Type::Decimal { precision, scale } if precision <= SHORT_DIGITS => {
                Values::Decimals(Vec::with_capacity(rows), (precision, scale))
            }
            Type::Decimal { precision, scale } => {
                Values::LongDecimals(Vec::with_capacity(rows), (precision, scale))
            }
            Type::Date => Values::Dates(Vec::with_capacity(rows)),
            Type::Timestamp => Values::Timestamps(Vec::with_capacity(rows)),
            Type::Text => {
                Values::Texts(Texts { bytes: Vec::with_capacity(8 * rows), ends: ends(rows) })
            }
            Type::List(of) => {
                Values::Lists { ends: ends(rows), items: Box::new(Self::new(of, rows)) }
            }
            Type::Row(fields) => Values::Rows { fields, columns: columns(fields, rows) },
        };
        Self { values, nulls: Vec::new() }
    }

    /// How many values there are.
    pub(super) fn len(&self) -> usize {
        match &self.values {
            Values::Booleans(values) => values.len(),
            Values::Integers(values) | Values::Timestamps(values) | Values::Decimals(values, _) => {
                values.len()
            }
            Values::Doubles(values) => values.len(),
            Values::LongDecimals(values, _) => values.len(),
            Values::Dates(values) => values.len(),
            Values::Texts(Texts { ends, .. }) | Values::Lists { ends, .. } => ends.len() - 1,
            // OK because a row of no fields is no type of ours.
            Values::Rows { columns, .. } => columns[0].len(),
        }
    }

    /// Adds that there is no value.
    #[cold]
    pub(super) fn push_null(&mut self) {
        // OK because a segment has at most 256 MiB of JSON, and a null four bytes.
        self.nulls.push(self.len() as u32);
        match &mut self.values {
            Values::Booleans(values) => values.push(false),
            Values::Integers(values) | Values::Timestamps(values) | Values::Decimals(values, _) => {
                values.push(0)
            }
            Values::Doubles(values) => values.push(0.0),
            Values::LongDecimals(values, _) => values.push(0),
            Values::Dates(values) => values.push(0),
            Values::Texts(texts) => texts.end(),
            Values::Lists { ends, items } => ends.push(items.len() as i32),
            Values::Rows { columns, .. } => columns.iter_mut().for_each(Self::push_null),
        }
    }

    /// Adds a value of the column's type.
    #[inline]
    pub(super) fn push(&mut self, value: Scalar<'_>) {
        match (&mut self.values, value) {
            (Values::Booleans(values), Scalar::Boolean(value)) => values.push(value),
            (Values::Integers(values), Scalar::Integer(value))
            | (Values::Timestamps(values), Scalar::Timestamp(value)) => values.push(value),
            (Values::Doubles(values), Scalar::Double(value)) => values.push(value),
            (Values::Decimals(values, _), Scalar::Decimal(value)) => values.push(value as i64),
            (Values::LongDecimals(values, _), Scalar::Decimal(value)) => values.push(value),
            (Values::Dates(values), Scalar::Date(days)) => values.push(days),
            (Values::Texts(texts), Scalar::Text(text)) => {
                texts.bytes.extend_from_slice(text.as_bytes());
                texts.end();
            }
            // Null; OK because the parser gives no value of another type than the column's.
            (_, _) => self.push_null(),
        }
    }

    fn finish(self) -> Result<ArrayRef, ArrowError> {
        let (rows, nulls) = (self.len(), self.nulls);
        let nulls = (!nulls.is_empty()).then(|| {
            let mut valid = vec![u8::MAX; rows.div_ceil(8)];
            for row in &nulls {
                valid[*row as usize / 8] &= !(1 << (row % 8));
            }
            NullBuffer::new(BooleanBuffer::new(Buffer::from_vec(valid), 0, rows))
        });
        Ok(match self.values {
            Values::Booleans(values) => Arc::new(BooleanArray::new(values.into(), nulls)),
            Values::Integers(values) => Arc::new(Int64Array::try_new(values.into(), nulls)?),
            Values::Doubles(values) => Arc::new(Float64Array::try_new(values.into(), nulls)?),
            Values::Decimals(values, (precision, scale)) => Arc::new(
                Decimal64Array::try_new(values.into(), nulls)?
                    .with_precision_and_scale(precision, scale as i8)?,
            ),
            Values::LongDecimals(values, (precision, scale)) => Arc::new(
                Decimal128Array::try_new(values.into(), nulls)?
                    .with_precision_and_scale(precision, scale as i8)?,
            ),
            Values::Dates(values) => Arc::new(Date32Array::try_new(values.into(), nulls)?),
            Values::Timestamps(values) => {
                Arc::new(TimestampMicrosecondArray::try_new(values.into(), nulls)?)
            }
            Values::Texts(Texts { bytes, ends }) => {
                let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
                Arc::new(StringArray::try_new(ends, Buffer::from_vec(bytes), nulls)?)
            }
            Values::Lists { ends, items } => {
                let items = items.finish()?;
                let field = Arc::new(ArrowField::new_list_field(items.data_type().clone(), true));
                let ends = OffsetBuffer::new(ScalarBuffer::from(ends));
                Arc::new(ListArray::try_new(field, ends, items, nulls)?)
            }
            Values::Rows { fields, columns } => {
                let columns: Result<Vec<_>, _> = columns.into_iter().map(Self::finish).collect();
                Arc::new(StructArray::try_new(arrow_fields(fields), columns?, nulls)?)
            }
        })
    }
}

/// The value of a column's row.
pub(super) fn value(array: &dyn Array, of: &Type, row: usize) -> Value {
    if array.is_null(row) {
        return Value::Null;
    }
    match of {
        Type::Boolean => Value::Boolean(array.as_boolean().value(row)),
        Type::Integer => Value::Integer(array.as_primitive::<Int64Type>().value(row)),
        Type::Double => Value::Double(array.as_primitive::<Float64Type>().value(row)),
        Type::Decimal { precision: ..=SHORT_DIGITS, .. } => {
            Value::Decimal(array.as_primitive::<Decimal64Type>().value(row).into())
        }
        Type::Decimal { .. } => Value::Decimal(array.as_primitive::<Decimal128Type>().value(row)),
        Type::Date => Value::Date(array.as_primitive::<Date32Type>().value(row)),
        Type::Timestamp => {
            Value::Timestamp(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        Type::Text => Value::Text(array.as_string::<i32>().value(row).to_owned()),
        Type::List(of) => {
            let items = array.as_list::<i32>().value(row);
            Value::List((0..items.len()).map(|item| value(&items, of, item)).collect())
        }
        Type::Row(fields) => {
            let columns = array.as_struct().columns().iter().zip(*fields);
            Value::Row(columns.map(|(column, field)| value(column, &field.of, row)).collect())
        }
    }
}
