//! One Parquet file of the limit: pages gathered to row groups, row groups to a file.
//!
//! Each worker of `limit` has one. A row group is held in memory until it is full, because the
//! pages of a column must stand together. Headers, statistics and the footer are the parquet
//! crate's; only the bodies of pages are made here.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use parquet::arrow::{ArrowSchemaConverter, add_encoded_arrow_schema_to_metadata};
use parquet::basic::{ColumnOrder, Encoding};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataWriter, RowGroupMetaData,
};
use parquet::file::properties::WriterProperties;
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::SchemaDescPtr;
use workload_api::WorkloadError;

use super::draw::Drawn;
use super::halves::{Halves, Name};
use super::pages::{self, Ids};
use crate::contacts::options::Options;
use crate::contacts::parquet_file::Written;
use crate::contacts::partial::PhoneType;
use crate::contacts::schema;
use crate::contacts::words::Fsync;

/// The bytes that a Parquet file begins and ends with.
const MAGIC: &[u8] = b"PAR1";

/// The dictionary of types, in the order of their keys.
const TYPES: [PhoneType; 3] = [PhoneType::Mobile, PhoneType::Work, PhoneType::Home];

/// A file that is being written.
pub(super) struct ContactsFile {
    file: File,
    fsync: Fsync,
    row_group_rows: usize,
    schema: SchemaDescPtr,
    properties: WriterProperties,
    /// Bytes in the file.
    bytes: u64,
    rows: u64,
    groups: Vec<RowGroupMetaData>,
    group: Group,
}

/// The row group that is being gathered.
#[derive(Default)]
struct Group {
    rows: usize,
    names: Chunk,
    numbers: Chunk,
    types: Chunk,
    name_bounds: Option<(Name, Name)>,
    id_bounds: Option<(u64, u64)>,
    types_seen: [bool; TYPES.len()],
    ids: Option<Ids>,
}

/// The pages of one column in a row group.
struct Chunk {
    pages: TrackedWrite<Vec<u8>>,
    /// Bytes of the dictionary page, which stands before all others.
    dictionary_bytes: usize,
    levels: usize,
    values: usize,
}

impl Default for Chunk {
    fn default() -> Self {
        Self::in_buffer(Vec::new())
    }
}

impl ContactsFile {
    /// Creates or empties the file at `path`.
    pub(super) fn create(path: &Path, options: &Options) -> Result<Self, WorkloadError> {
        let doing = || format!("creating {}", path.display());
        let mut file =
            File::create(path).map_err(|error| WorkloadError::context(&doing(), error))?;
        file.write_all(MAGIC).map_err(|error| WorkloadError::context(&doing(), error))?;
        let arrow = schema::contact(options.variant.phone_type);
        let schema = ArrowSchemaConverter::new()
            .convert(&arrow)
            .map_err(|error| WorkloadError::context(&doing(), error))?;
        let mut properties = WriterProperties::builder().build();
        add_encoded_arrow_schema_to_metadata(&arrow, &mut properties);
        Ok(Self {
            file,
            fsync: options.file.fsync,
            row_group_rows: options.file.row_group_rows,
            schema: Arc::new(schema),
            properties,
            bytes: MAGIC.len() as u64,
            rows: 0,
            groups: Vec::new(),
            group: Group::default(),
        })
    }

    /// Adds a batch, whose numbers have `ids`. A row group that it does not fit into is written
    /// before.
    pub(super) fn write(
        &mut self,
        drawn: &Drawn,
        halves: &Halves,
        ids: Ids,
    ) -> Result<(), WorkloadError> {
        if self.group.rows + drawn.rows() > self.row_group_rows {
            self.end_group(halves)?;
        }
        self.group.add(drawn, halves, ids).map_err(|error| failed(&error))
    }

    /// Writes what is left and the footer, and waits for the disk if that was asked for.
    pub(super) fn finish(mut self, halves: &Halves) -> Result<Written, WorkloadError> {
        if self.group.rows > 0 {
            self.end_group(halves)?;
        }
        let file = FileMetaData::new(
            1,
            self.rows as i64,
            Some(self.properties.created_by().to_owned()),
            self.properties.key_value_metadata().cloned(),
            Arc::clone(&self.schema),
            Some(
                self.schema
                    .columns()
                    .iter()
                    .map(|column| ColumnOrder::TYPE_DEFINED_ORDER(column.sort_order()))
                    .collect(),
            ),
        );
        let metadata = ParquetMetaData::new(file, self.groups);
        let mut footer = Vec::new();
        ParquetMetaDataWriter::new(&mut footer, &metadata).finish().map_err(|e| failed(&e))?;
        self.file.write_all(&footer).map_err(|error| failed(&error))?;
        if self.fsync == Fsync::File {
            self.file.sync_all().map_err(|error| failed(&error))?;
        }
        Ok(Written { rows: self.rows, bytes: self.bytes + footer.len() as u64 })
    }

    fn end_group(&mut self, halves: &Halves) -> Result<(), WorkloadError> {
        let group = std::mem::take(&mut self.group);
        let rows = group.rows;
        let statistics = group.statistics(halves);
        let chunks = [group.names, group.numbers, group.types];
        let mut columns = Vec::with_capacity(chunks.len());
        let (start, mut buffers) = (self.bytes, Vec::with_capacity(chunks.len()));
        for ((chunk, statistics), place) in chunks.into_iter().zip(statistics).zip(0..) {
            let builder = ColumnChunkMetaData::builder(self.schema.column(place));
            let (column, pages) =
                chunk.end(builder, self.bytes, statistics).map_err(|e| failed(&e))?;
            self.file.write_all(&pages).map_err(|error| failed(&error))?;
            self.bytes += pages.len() as u64;
            columns.push(column);
            buffers.push(Chunk::in_buffer(pages));
        }
        let group = RowGroupMetaData::builder(Arc::clone(&self.schema))
            .set_num_rows(rows as i64)
            .set_total_byte_size((self.bytes - start) as i64)
            .set_file_offset(start as i64)
            .set_ordinal(self.groups.len() as i32)
            .set_column_metadata(columns)
            .build()
            .map_err(|error| failed(&error))?;
        self.groups.push(group);
        self.rows += rows as u64;
        // The buffers are kept for the next group.
        if let Ok([names, numbers, types]) = <[Chunk; 3]>::try_from(buffers) {
            self.group = Group { names, numbers, types, ..Group::default() };
        }
        Ok(())
    }
}

impl Group {
    fn add(&mut self, drawn: &Drawn, halves: &Halves, ids: Ids) -> Result<(), ParquetError> {
        if self.rows == 0 {
            self.types.start_with_dictionary()?;
        }
        let (rows, levels) = (drawn.rows(), drawn.repetition().len());
        let (numbers, types) = (drawn.numbers() as usize, drawn.types());
        self.names.page(pages::names(drawn, halves), rows, drawn.names().len(), Encoding::PLAIN)?;
        self.numbers.page(pages::numbers(drawn, ids), levels, numbers, Encoding::PLAIN)?;
        self.types.page(pages::types(drawn), levels, types.len(), Encoding::RLE_DICTIONARY)?;
        self.rows += rows;
        if let Some((low, high)) = pages::smallest_and_largest(drawn, halves) {
            let (least, most) = self.name_bounds.unwrap_or((low, high));
            let least = if halves.rank(low) < halves.rank(least) { low } else { least };
            let most = if halves.rank(high) > halves.rank(most) { high } else { most };
            self.name_bounds = Some((least, most));
        }
        if numbers > 0 {
            let (low, high) = (ids.first, ids.first + numbers as u64 - 1);
            let (least, most) = self.id_bounds.unwrap_or((low, high));
            self.id_bounds = Some((least.min(low), most.max(high)));
        }
        for (key, seen) in self.types_seen.iter_mut().enumerate() {
            *seen = *seen || types.contains(&(key as u8));
        }
        self.ids = Some(ids);
        Ok(())
    }

    /// Statistics of names, numbers and types.
    fn statistics(&self, halves: &Halves) -> [Statistics; 3] {
        let names = self.name_bounds.map(|(l, h)| (halves.text(l), halves.text(h), true));
        let numbers = self.id_bounds.zip(self.ids).map(|((low, high), ids)| {
            let (low, high, exact) = ids.bounds(low, high);
            (low.into_bytes(), high.into_bytes(), exact)
        });
        let seen = || TYPES.iter().zip(self.types_seen).filter(|(_, seen)| *seen);
        let texts = || seen().map(|(phone_type, _)| phone_type.text().as_bytes().to_vec());
        let types = texts().min().zip(texts().max()).map(|(low, high)| (low, high, true));
        [self.names.bounds(names), self.numbers.bounds(numbers), self.types.bounds(types)]
    }
}

impl Chunk {
    fn in_buffer(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        Self { pages: TrackedWrite::new(buffer), dictionary_bytes: 0, levels: 0, values: 0 }
    }

    fn start_with_dictionary(&mut self) -> Result<(), ParquetError> {
        let mut body = Vec::new();
        for text in TYPES.map(PhoneType::text) {
            body.extend((text.len() as u32).to_le_bytes());
            body.extend(text.bytes());
        }
        let size = body.len();
        let page = Page::DictionaryPage {
            buf: body.into(),
            num_values: TYPES.len() as u32,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        SerializedPageWriter::new(&mut self.pages).write_page(CompressedPage::new(page, size))?;
        self.dictionary_bytes = self.pages.bytes_written();
        Ok(())
    }

    fn page(
        &mut self,
        body: Vec<u8>,
        levels: usize,
        values: usize,
        encoding: Encoding,
    ) -> Result<(), ParquetError> {
        let size = body.len();
        let page = Page::DataPage {
            buf: body.into(),
            num_values: levels as u32,
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        SerializedPageWriter::new(&mut self.pages).write_page(CompressedPage::new(page, size))?;
        self.levels += levels;
        self.values += values;
        Ok(())
    }

    fn bounds(&self, bounds: Option<(Vec<u8>, Vec<u8>, bool)>) -> Statistics {
        let nulls = Some((self.levels - self.values) as u64);
        let exact = bounds.as_ref().is_none_or(|(.., exact)| *exact);
        let (low, high) = bounds.map(|(low, high, _)| (low, high)).unzip();
        let values = ValueStatistics::new(
            low.map(ByteArray::from),
            high.map(ByteArray::from),
            None,
            nulls,
            false,
        );
        Statistics::ByteArray(values.with_min_is_exact(exact).with_max_is_exact(exact))
    }

    /// The column's metadata when its pages stand at `offset`, and the pages.
    fn end(
        self,
        builder: parquet::file::metadata::ColumnChunkMetaDataBuilder,
        offset: u64,
        statistics: Statistics,
    ) -> Result<(ColumnChunkMetaData, Vec<u8>), ParquetError> {
        let pages = self.pages.into_inner()?;
        let has_dictionary = self.dictionary_bytes > 0;
        let mut encodings = vec![Encoding::PLAIN, Encoding::RLE];
        if has_dictionary {
            encodings.push(Encoding::RLE_DICTIONARY);
        }
        let column = builder
            .set_encodings(encodings)
            .set_num_values(self.levels as i64)
            .set_total_compressed_size(pages.len() as i64)
            .set_total_uncompressed_size(pages.len() as i64)
            .set_data_page_offset((offset + self.dictionary_bytes as u64) as i64)
            .set_dictionary_page_offset(has_dictionary.then_some(offset as i64))
            .set_statistics(statistics)
            .build()?;
        Ok((column, pages))
    }
}

fn failed(error: &dyn std::fmt::Display) -> WorkloadError {
    WorkloadError::context("writing a Parquet file", error)
}
