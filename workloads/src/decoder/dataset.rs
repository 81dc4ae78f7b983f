//! The segments of a result as files, for decoders in other languages.
//!
//! `dyno data build segments` makes a folder: each segment as it is sent and as plain JSON, and
//! `metadata.json` with what the protocol declares and with the answer that decoding must give. The
//! workload `decoder` makes the same segments in memory.

use std::fs;
use std::io;
use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};
use workload_api::{Params, Spec, WorkloadError};

use super::decoded::Target;
use super::digest::Digest;
use super::result::{QueryResult, size_params};
use super::schema::Shape;
use super::segment::{Codec, Segment};
use crate::data::{Dataset, DatasetKind, Output};
use crate::params::{Declared, Word};

/// Version of the files: part of the folder's name.
const VERSION: u32 = 1;

/// The kind of data of the study of Trino's client.
pub(crate) struct Kind;

impl DatasetKind for Kind {
    fn spec(&self) -> Spec {
        Spec {
            name: "segments".to_owned(),
            about: "Segments of compressed JSON, as a query server spools them.".to_owned(),
            params: size_params(),
        }
    }

    fn dataset(&self, params: &Params, seed: u64) -> Result<Box<dyn Dataset>, WorkloadError> {
        let spec = self.spec();
        let declared = Declared::new(params, &spec)?;
        Ok(Box::new(Recipe {
            result: QueryResult::new(&declared, seed)?,
            codec: declared.word("codec")?,
        }))
    }
}

/// What determines the files.
struct Recipe {
    result: QueryResult,
    codec: Codec,
}

impl Dataset for Recipe {
    fn name(&self) -> String {
        let QueryResult { seed, shape, segments, rows_per_segment } = self.result;
        let codec = self.codec.word();
        // The first shape has no word of its own, as when there was no other.
        let shape = match shape {
            Shape::Lineitem => String::new(),
            Shape::Nested => format!("-{}", shape.word()),
        };
        format!(
            "segments-v{VERSION}-{codec}{shape}-segments{segments}-rows{rows_per_segment}-seed{seed}"
        )
    }

    fn bytes_about(&self) -> u64 {
        // Plain and as sent, which is less.
        self.result.rows() * 600
    }

    fn rows(&self) -> u64 {
        self.result.rows()
    }

    fn write(&self, out: &Output<'_>) -> io::Result<()> {
        let QueryResult { seed, shape, segments, rows_per_segment: rows } = self.result;
        let target = Target::columns(shape);
        fs::create_dir_all(out.path())?;
        let gathered =
            Mutex::new((Digest::new(shape.fields()), vec![Value::Null; segments as usize]));
        out.folder(segments as usize, |folder, index| {
            let (number, name) = (index as u64, format!("segment-{index:05}"));
            let plain = shape.json(seed, number, rows);
            let decoded = target.parse(&plain, rows as usize).map_err(io::Error::other)?;
            fs::write(folder.join(format!("{name}.json")), &plain)?;
            let (bytes, offset) = (plain.len() as u64, number * rows);
            let sent =
                Segment::encode(self.codec, plain, (offset, rows)).map_err(io::Error::other)?;
            fs::write(folder.join(&name), &sent.bytes)?;
            let digest = decoded.digest(shape.fields(), offset);
            // A lock poisoned by a panic still holds whole values; the panic itself is passed on.
            let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
            gathered.0.merge(&digest);
            gathered.1[index] = json!({
                "segmentSize": sent.metadata.segment_size,
                "uncompressedSize": sent.metadata.uncompressed_size,
                "rowsCount": sent.metadata.rows_count,
                "rowOffset": sent.metadata.row_offset,
            });
            Ok(bytes + sent.metadata.segment_size)
        })?;
        let (digest, declared) = gathered.into_inner().unwrap_or_else(PoisonError::into_inner);
        let all = json!({
            "segments": declared,
            "rows": self.result.rows(),
            "digest": digest.to_string(),
            "group": self.result.group(),
        });
        fs::write(out.path().join("metadata.json"), all.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::super::segment::Metadata;
    use super::*;
    use crate::data::DataDirectory;

    #[test]
    fn the_files_are_the_segments_of_the_workload_and_say_its_answer() {
        let dir = tempfile::tempdir().unwrap();
        let (plain, nested) = (Shape::Lineitem, Shape::Nested);
        for (codec, shape) in
            [(Codec::None, plain), (Codec::Zstd, plain), (Codec::Lz4, plain), (Codec::Zstd, nested)]
        {
            let target = Target::columns(shape);
            let result = QueryResult { seed: 3, shape, segments: 3, rows_per_segment: 40 };
            let recipe = Recipe { result, codec };
            let path = DataDirectory::at(dir.path()).ensure(&recipe, 2, &|_| ()).unwrap();
            let read = |name: String| fs::read(path.join(name)).unwrap();
            let all: Value = serde_json::from_slice(&read("metadata.json".to_owned())).unwrap();
            let mut digest = Digest::new(shape.fields());
            for number in 0..3 {
                let declared = |name: &str| all["segments"][number][name].as_u64();
                let segment = Segment {
                    codec,
                    bytes: read(format!("segment-{number:05}")),
                    metadata: Metadata {
                        segment_size: declared("segmentSize").unwrap(),
                        uncompressed_size: declared("uncompressedSize"),
                        rows_count: declared("rowsCount").unwrap(),
                        row_offset: declared("rowOffset").unwrap(),
                    },
                };
                let decoded = segment.decode(target).unwrap();
                digest.merge(&decoded.digest(shape.fields(), segment.metadata.row_offset));
                assert_eq!(*segment.json().unwrap(), read(format!("segment-{number:05}.json")));
            }
            assert_eq!(all["digest"], digest.to_string());
            assert_eq!(all["rows"], 120);
        }
    }
}
