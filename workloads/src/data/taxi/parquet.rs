//! Trips as Parquet, with the types that the city publishes: whole numbers, times, doubles, text.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use arrow::array::TimestampMicrosecondArray;
use arrow::array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::csv::HEADER;
use super::trip::{Draw, Trip};

/// 2019-01-01 in seconds since 1970-01-01.
const YEAR_2019: i64 = 1_546_300_800;

/// Writes a month and says how many bytes it has. A chunk is a row group.
pub(super) fn write(path: &Path, draw: &Draw) -> io::Result<u64> {
    let schema = schema();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let file = File::create(path)?;
    let mut writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties))?;
    let mut trips = Vec::new();
    for chunk in 0..draw.chunks() {
        trips.clear();
        trips.extend(draw.trips(chunk));
        let batch = RecordBatch::try_new(Arc::clone(&schema), columns(&trips));
        writer.write(&batch.map_err(io::Error::other)?)?;
        writer.flush()?;
    }
    writer.finish()?;
    Ok(writer.inner().metadata()?.len())
}

fn schema() -> Arc<Schema> {
    let names = String::from_utf8_lossy(HEADER);
    let fields = names.trim_end().split(',').zip(0..).map(|(name, place)| {
        let kind = match place {
            1 | 2 => DataType::Timestamp(TimeUnit::Microsecond, None),
            6 => DataType::Utf8,
            0 | 3 | 5 | 7..=9 => DataType::Int64,
            _ => DataType::Float64,
        };
        Field::new(name, kind, true)
    });
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn columns(trips: &[Trip]) -> Vec<ArrayRef> {
    let whole = |of: &dyn Fn(&Trip) -> Option<i64>| -> ArrayRef {
        Arc::new(trips.iter().map(of).collect::<Int64Array>())
    };
    let time = |of: &dyn Fn(&Trip) -> u32| -> ArrayRef {
        let micros = |trip| Some((YEAR_2019 + i64::from(of(trip))) * 1_000_000);
        Arc::new(trips.iter().map(micros).collect::<TimestampMicrosecondArray>())
    };
    let hundredths = |of: &dyn Fn(&Trip) -> Option<i32>| -> ArrayRef {
        let dollars = |trip| of(trip).map(|cents| f64::from(cents) / 100.0);
        Arc::new(trips.iter().map(dollars).collect::<Float64Array>())
    };
    vec![
        whole(&|trip| Some(i64::from(trip.vendor))),
        time(&|trip| trip.pickup),
        time(&|trip| trip.dropoff),
        whole(&|trip| trip.passengers.map(i64::from)),
        hundredths(&|trip| Some(trip.distance)),
        whole(&|trip| Some(i64::from(trip.rate))),
        Arc::new(trips.iter().map(|trip| Some(trip.flag.text())).collect::<StringArray>()),
        whole(&|trip| Some(i64::from(trip.from))),
        whole(&|trip| Some(i64::from(trip.to))),
        whole(&|trip| Some(i64::from(trip.payment))),
        hundredths(&|trip| Some(trip.fare)),
        hundredths(&|trip| Some(trip.extra)),
        hundredths(&|trip| Some(trip.tax)),
        hundredths(&|trip| Some(trip.tip)),
        hundredths(&|trip| Some(trip.tolls)),
        hundredths(&|trip| Some(trip.surcharge)),
        hundredths(&|trip| Some(trip.total())),
        hundredths(&|trip| trip.congestion),
    ]
}
