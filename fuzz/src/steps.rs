//! What the user of one end may do at any time.

use arbitrary::Arbitrary;

use crate::limits::Limits;
use crate::proto::Overflow;

/// The most objects in one message.
const MOST_OBJECTS: usize = 4;

#[derive(Arbitrary, Clone, Debug)]
pub(crate) enum Action {
    Call(Call),
    Cancel(u8),
    Answer {
        which: u8,
        how: How,
        keep: bool,
        objects: Objects,
        bytes: u16,
    },
    LetGo(u8),
    Revoke(u8),
    Watch(u8),
    GoAway {
        millis: Option<u16>,
    },
    BeginNothingNew,
}

#[derive(Arbitrary, Clone, Debug)]
pub(crate) struct Call {
    /// Which of the held objects; else a service.
    pub(crate) callee: Option<u8>,
    pub(crate) one_way: bool,
    /// Which of the calls that are being handled makes it.
    pub(crate) inside: Option<u8>,
    pub(crate) policy: Policy,
    pub(crate) method: u8,
    pub(crate) millis: Option<u16>,
    pub(crate) objects: Objects,
    pub(crate) bytes: u16,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Policy {
    Wait,
    DropOldest,
    Latest,
    Close,
}

impl From<Policy> for Overflow {
    fn from(policy: Policy) -> Self {
        match policy {
            Policy::Wait => Self::Wait,
            Policy::DropOldest => Self::DropOldest,
            Policy::Latest => Self::Latest,
            Policy::Close => Self::Close,
        }
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum How {
    Returns,
    Fails,
    Panics,
}

/// What a message passes.
#[derive(Clone, Debug)]
pub(crate) struct Objects(pub(crate) Vec<Pass>);

#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) enum Pass {
    New,
    Again(u8),
    Back(u8),
}

impl<'a> Arbitrary<'a> for Objects {
    fn arbitrary(u: &mut arbitrary::Unstructured<'a>) -> arbitrary::Result<Self> {
        let count = u.int_in_range(0..=MOST_OBJECTS)?;
        (0..count)
            .map(|_| u.arbitrary())
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// Small limits, so that all of them are met.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub(crate) struct Narrow {
    pub(crate) calls: u8,
    pub(crate) object_calls: u8,
    pub(crate) callbacks: u8,
    pub(crate) depth: u8,
    pub(crate) frame: u16,
    pub(crate) queued: u16,
    pub(crate) replay: u16,
}

impl Narrow {
    pub(crate) fn limits(&self) -> Limits {
        Limits {
            max_calls: u32::from(self.calls % 9),
            max_object_calls: u32::from(self.object_calls % 5),
            max_callbacks: u32::from(self.callbacks % 9),
            max_call_depth: u32::from(self.depth % 5),
            max_frame: 1024 + usize::from(self.frame % 2048),
            max_queued_bytes: usize::from(self.queued % 2048),
            max_replay_bytes: usize::from(self.replay % 4096),
            ..Limits::default()
        }
    }
}
