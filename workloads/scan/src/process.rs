//! A client as a process of its own: the parent's end and the child's.
//!
//! The child reads a task from each line of its input. It answers with one line, and behind it the
//! task's rows as an Arrow IPC stream: as in the client that this re-creates, rows travel once more
//! before the parent has them. The child ends when its input does.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;

use arrow_array::RecordBatch;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use arrow_schema::ArrowError;
use serde::{Deserialize, Serialize};

use crate::client::{Assigned, Client, Fetched};
use crate::role::{self, Role};
use crate::{cpu, data};

/// The line before the rows.
#[derive(Debug, Serialize, Deserialize)]
struct Reply {
    /// Why there are none.
    failed: Option<String>,
    /// Bytes that follow.
    bytes: u64,
    retries: u64,
    /// CPU time of the child so far.
    cpu_time: Duration,
}

/// The child's end: fetches tasks until the input ends.
///
/// # Errors
/// When a pipe breaks, or a line is no task.
pub(crate) fn serve(timeout: Duration) -> io::Result<()> {
    let client = Client::new(timeout)?;
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let task = serde_json::from_str(&line?)?;
        let (failed, rows, retries) = match fetch(&client, &task) {
            Ok((rows, retries)) => (None, rows, retries),
            Err(why) => (Some(why), Vec::new(), 0),
        };
        let bytes = rows.len() as u64;
        let reply = Reply { failed, bytes, retries, cpu_time: cpu::own() };
        serde_json::to_writer(&mut output, &reply)?;
        output.write_all(b"\n")?;
        output.write_all(&rows)?;
        output.flush()?;
    }
    Ok(())
}

fn fetch(client: &Client, task: &Assigned) -> Result<(Vec<u8>, u64), String> {
    let fetched = client.fetch(task)?;
    let rows = encode(&fetched.batches).map_err(|error| error.to_string())?;
    Ok((rows, fetched.retries))
}

fn encode(batches: &[RecordBatch]) -> Result<Vec<u8>, ArrowError> {
    let mut writer = StreamWriter::try_new(Vec::new(), &data::schema())?;
    batches.iter().try_for_each(|batch| writer.write(batch))?;
    writer.into_inner()
}

/// The parent's end.
pub(crate) struct ClientProcess {
    process: Child,
    /// Taken when it shall end.
    requests: Option<ChildStdin>,
    replies: BufReader<ChildStdout>,
    cpu_time: Duration,
}

impl ClientProcess {
    /// Starts a client. `program` is `scan`.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(crate) fn start(program: &Path, timeout: Duration) -> Result<Self, String> {
        let mut command = role::command(program, &Role::Client(timeout));
        let mut process = command
            .stdin(Stdio::piped())
            .spawn()
            .map_err(|error| format!("starting a client process: {error}"))?;
        let requests = process.stdin.take();
        let replies = process.stdout.take().ok_or("a client process without standard output")?;
        let replies = BufReader::new(replies);
        Ok(Self { process, requests, replies, cpu_time: Duration::ZERO })
    }

    /// The rows of a task.
    ///
    /// # Errors
    /// The child's own, and when it has died.
    pub(crate) fn fetch(&mut self, task: &Assigned) -> Result<Fetched, String> {
        let asked = self.ask(task).map_err(|error| format!("a client process died: {error}"));
        let (reply, rows) = asked?;
        self.cpu_time = reply.cpu_time;
        match reply.failed {
            Some(why) => Err(why),
            None => decode(&rows)
                .map(|batches| Fetched { batches, retries: reply.retries })
                .map_err(|error| format!("reading a client process: {error}")),
        }
    }

    fn ask(&mut self, task: &Assigned) -> io::Result<(Reply, Vec<u8>)> {
        let requests = self.requests.as_mut().ok_or(io::ErrorKind::BrokenPipe)?;
        let mut line = serde_json::to_vec(task)?;
        line.push(b'\n');
        requests.write_all(&line)?;
        let mut line = String::new();
        self.replies.read_line(&mut line)?;
        let reply: Reply = serde_json::from_str(&line)?;
        let mut rows = vec![0; reply.bytes as usize];
        self.replies.read_exact(&mut rows)?;
        Ok((reply, rows))
    }

    /// CPU time until its last reply.
    pub(crate) fn cpu_time(&self) -> Duration {
        self.cpu_time
    }
}

impl Drop for ClientProcess {
    fn drop(&mut self) {
        // The end of its input ends a child that waits for a task, which all do that are not broken.
        self.requests = None;
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn decode(rows: &[u8]) -> Result<Vec<RecordBatch>, ArrowError> {
    StreamReader::try_new(rows, None)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_through_the_pipe_as_they_are() {
        let batches = [data::batch(1, 0, 10).unwrap(), data::batch(1, 10, 3).unwrap()];
        assert_eq!(decode(&encode(&batches).unwrap()).unwrap(), batches);
        assert!(decode(&encode(&batches).unwrap()[..100]).is_err());
    }
}
