//! A process that decodes segments for another one, and what the two say to each other over pipes.
//!
//! The program is started again with [`COMMAND`] as its only argument; its `main` calls [`main`] then.
//! It ends when its requests do, so it never outlives the process that started it, whatever that one
//! died of.

use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use rustix::process::{Signal, getpid, kill_process};
use serde::{Deserialize, Serialize};
use workload_api::WorkloadError;

use super::decoded::{Decoded, Target};
use super::segment::{Codec, Metadata, Segment};

/// The argument that makes a program such a process.
pub const COMMAND: &str = "__decoder";

/// What it says first, so that no other program is taken for one.
const HELLO: &[u8] = b"dyno decoder 1\n";

/// What goes before the bytes of a segment.
#[derive(Serialize, Deserialize)]
struct Request {
    codec: Codec,
    metadata: Metadata,
    target: Target,
    /// Whether the process is to be killed by it.
    kill: bool,
}

/// What a reply begins with.
const ERROR: u8 = 0;
const COLUMNS: u8 = 1;
const ROWS: u8 = 2;

/// Decodes what comes in on stdin until it ends: the whole `main` of such a process.
#[expect(clippy::print_stderr, reason = "this is the end of a process's main")]
pub fn main() -> ExitCode {
    match serve(BufReader::new(io::stdin().lock()), BufWriter::new(io::stdout().lock())) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever asked has gone.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("decoding process: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(mut requests: impl Read, mut replies: impl Write) -> io::Result<()> {
    replies.write_all(HELLO)?;
    replies.flush()?;
    while let Some(request) = read_frame(&mut requests)? {
        let Request { codec, metadata, target, kill } =
            postcard::from_bytes(&request).map_err(io::Error::other)?;
        let bytes = read_frame(&mut requests)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        if kill {
            kill_process(getpid(), Signal::KILL)?;
        }
        let decoded = Segment { codec, bytes, metadata }.decode(target);
        write_frame(&mut replies, &packed(decoded)?)?;
        replies.flush()?;
    }
    Ok(())
}

/// A reply: columns as Arrow's stream, rows value by value.
fn packed(decoded: Result<Decoded, String>) -> io::Result<Vec<u8>> {
    match decoded {
        Err(why) => Ok([&[ERROR], why.as_bytes()].concat()),
        Ok(Decoded::Columns(batch)) => {
            let mut writer = StreamWriter::try_new(vec![COLUMNS], batch.schema_ref())
                .map_err(io::Error::other)?;
            writer.write(&batch).map_err(io::Error::other)?;
            writer.into_inner().map_err(io::Error::other)
        }
        Ok(Decoded::Rows(rows)) => postcard::to_extend(&rows, vec![ROWS]).map_err(io::Error::other),
    }
}

/// The other side of [`packed`].
fn unpacked(reply: &[u8]) -> io::Result<Result<Decoded, String>> {
    let invalid = || io::Error::other("a reply that is none");
    match reply.split_first().ok_or_else(invalid)? {
        (&ERROR, why) => Ok(Err(String::from_utf8_lossy(why).into_owned())),
        (&COLUMNS, stream) => {
            let mut batches = StreamReader::try_new(stream, None).map_err(io::Error::other)?;
            let batch = batches.next().ok_or_else(invalid)?.map_err(io::Error::other)?;
            Ok(Ok(Decoded::Columns(batch)))
        }
        (&ROWS, rows) => {
            let rows = postcard::from_bytes(rows).map_err(io::Error::other)?;
            Ok(Ok(Decoded::Rows(rows)))
        }
        _ => Err(invalid()),
    }
}

fn write_frame(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(&(bytes.len() as u64).to_le_bytes())?;
    to.write_all(bytes)
}

/// The next frame; `None` when there is no more.
fn read_frame(from: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 8];
    match from.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        read => read?,
    }
    let length = u64::from_le_bytes(length);
    let mut bytes = Vec::new();
    let read = from.take(length).read_to_end(&mut bytes)?;
    if read as u64 == length { Ok(Some(bytes)) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A process of ours.
pub(super) struct Process {
    child: Child,
    requests: ChildStdin,
    replies: BufReader<ChildStdout>,
}

impl Process {
    /// Starts `program` as one.
    ///
    /// # Errors
    /// When it cannot be started, or is a program that knows nothing of [`COMMAND`].
    pub(super) fn start(program: &Path) -> Result<Self, WorkloadError> {
        let doing = format!("starting {} {COMMAND}", program.display());
        let failed = |error| WorkloadError::context(&doing, error);
        let mut child = Command::new(program)
            .arg(COMMAND)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (requests, replies) = child
            .stdin
            .take()
            .zip(child.stdout.take())
            .ok_or_else(|| failed(io::ErrorKind::BrokenPipe.into()))?;
        let mut process = Self { child, requests, replies: BufReader::new(replies) };
        let mut hello = [0; HELLO.len()];
        match process.replies.read_exact(&mut hello) {
            Ok(()) if hello == HELLO => Ok(process),
            _ => Err(WorkloadError::new(format!("{doing}: it is no decoding process"))),
        }
    }

    /// Has a segment decoded, and says how many bytes came back.
    ///
    /// # Errors
    /// When the process is no longer there, or says something else than it should.
    pub(super) fn decode(
        &mut self,
        segment: &Segment,
        target: Target,
        kill: bool,
    ) -> io::Result<(Result<Decoded, String>, u64)> {
        let Segment { codec, metadata, bytes } = segment;
        let request = Request { codec: *codec, metadata: metadata.clone(), target, kill };
        let request = postcard::to_allocvec(&request).map_err(io::Error::other)?;
        write_frame(&mut self.requests, &request)?;
        write_frame(&mut self.requests, bytes)?;
        let reply = read_frame(&mut self.replies)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        Ok((unpacked(&reply)?, reply.len() as u64))
    }

    /// What a process that failed came to.
    pub(super) fn died(mut self, error: &io::Error) -> String {
        match self.end() {
            Ok(status) => format!("the process that decoded it ended ({status}): {error}"),
            Err(_) => format!("the process that decoded it is lost: {error}"),
        }
    }

    /// Ends the process, if it has not ended, and leaves no zombie.
    fn end(&mut self) -> io::Result<std::process::ExitStatus> {
        // That it has ended before is no news.
        let _ = self.child.kill();
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has no state that is worth an orderly end.
        let _ = self.end();
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{segments, target};
    use super::*;

    #[test]
    fn what_is_sent_back_is_what_was_decoded() {
        let segment = &segments(1)[0];
        for target in [target(), super::super::tests::rows_target()] {
            let decoded = segment.decode(target);
            assert!(decoded.is_ok());
            let packed = packed(segment.decode(target)).unwrap();
            assert_eq!(unpacked(&packed).unwrap(), decoded);
        }
        let error = packed(Err("bad".to_owned())).unwrap();
        assert_eq!(unpacked(&error).unwrap(), Err("bad".to_owned()));
        for wrong in [&[][..], &[9], &[COLUMNS, 1, 2], &[ROWS, 0xff]] {
            assert!(unpacked(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn frames_that_end_too_early_are_errors_and_the_end_is_none() {
        let mut bytes = Vec::new();
        write_frame(&mut bytes, b"four").unwrap();
        assert_eq!(read_frame(&mut bytes.as_slice()).unwrap().unwrap(), b"four");
        assert!(read_frame(&mut [].as_slice()).unwrap().is_none());
        assert!(read_frame(&mut &bytes[..11]).is_err());
    }

    #[test]
    fn a_program_that_knows_nothing_of_it_is_no_decoding_process() {
        let error = Process::start(Path::new("/bin/true")).err().unwrap().to_string();
        assert!(error.ends_with("/bin/true __decoder: it is no decoding process"), "{error}");
        assert!(Process::start(Path::new("/no/such/program")).is_err());
    }
}
