//! What parent and launcher tell each other, and how: one JSON object per datagram of a
//! SOCK_SEQPACKET pair, descriptors beside it.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::PathBuf;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, recvmsg, sendmsg,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::worker::spawn::{ExitStatus, Usage};

/// Longest message. Bounds the launcher's memory, which every child's peak includes.
pub(crate) const MESSAGE_BYTES_MAX: usize = 128 << 10;

/// Descriptors that accompany [`Order::Fork`]: gate, status, stdout, stderr, and for a worker
/// requests and replies.
pub(crate) const FDS_MAX: usize = 6;

/// What the parent asks.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Fork a child and hold it before exec; answered by `Forked` or `Refused`.
    Fork(Fork),
    /// Signal the whole tree: SIGTERM, or SIGKILL with `force`.
    Kill { id: u64, force: bool },
}

/// A child to fork. `id` is the parent's name for its process tree.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Fork {
    pub(crate) id: u64,
    pub(crate) program: PathBuf,
    pub(crate) argv: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) cwd: PathBuf,
    pub(crate) pin: Option<Vec<usize>>,
}

/// What the launcher says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// The child exists and waits at its gate.
    Forked { id: u64, pid: i32 },
    /// There is no child.
    Refused { id: u64, errno: i32 },
    /// The main process has ended, but processes of its tree live on.
    Main { id: u64 },
    /// Nothing of the tree is left.
    Over(Over),
}

impl Event {
    pub(crate) fn id(&self) -> u64 {
        match self {
            Self::Forked { id, .. } | Self::Refused { id, .. } | Self::Main { id } => *id,
            Self::Over(over) => over.id,
        }
    }
}

/// The end of a tree; see [`crate::worker::Exit`] for the meanings.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Over {
    pub(crate) id: u64,
    pub(crate) status: ExitStatus,
    pub(crate) main_ended_ns: u64,
    pub(crate) ended_ns: u64,
    pub(crate) usage: Usage,
    pub(crate) outlived: u32,
    pub(crate) killed: u32,
}

/// What a child writes into its status pipe: which step, the error of it, the time.
pub(crate) const STATUS_BYTES: usize = 16;

/// The step of a child that a status record tells of. `Started` is no error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Stage {
    Started = 0,
    Pin = 1,
    Cwd = 2,
    Descriptors = 3,
    Exec = 4,
}

impl Stage {
    pub(crate) fn from_u32(number: u32) -> Option<Self> {
        [Self::Started, Self::Pin, Self::Cwd, Self::Descriptors, Self::Exec]
            .into_iter()
            .find(|stage| *stage as u32 == number)
    }
}

pub(crate) fn send(
    socket: BorrowedFd<'_>,
    message: &impl Serialize,
    fds: &[BorrowedFd<'_>],
) -> io::Result<()> {
    let bytes = serde_json::to_vec(message)?;
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(io::Error::other("command line and environment are longer than 128 KiB"));
    }
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !fds.is_empty() && !control.push(SendAncillaryMessage::ScmRights(fds)) {
        return Err(io::Error::other("too many descriptors for one message"));
    }
    loop {
        match sendmsg(socket, &[IoSlice::new(&bytes)], &mut control, SendFlags::NOSIGNAL) {
            Err(rustix::io::Errno::INTR) => {}
            other => return other.map(|_| ()).map_err(io::Error::from),
        }
    }
}

/// The next message, blocking; `None` when the other side is gone.
pub(crate) fn receive<T: DeserializeOwned>(
    socket: BorrowedFd<'_>,
    buffer: &mut [u8],
) -> io::Result<Option<(T, Vec<OwnedFd>)>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(FDS_MAX))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::CMSG_CLOEXEC;
    let length = loop {
        let mut slices = [IoSliceMut::new(buffer)];
        match recvmsg(socket, &mut slices, &mut control, flags) {
            Err(rustix::io::Errno::INTR) => {}
            Err(rustix::io::Errno::CONNRESET) => return Ok(None),
            other => break other?.bytes,
        }
    };
    let mut fds = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(rights) = message {
            fds.extend(rights);
        }
    }
    if length == 0 {
        return Ok(None);
    }
    Ok(Some((serde_json::from_slice(&buffer[..length])?, fds)))
}
