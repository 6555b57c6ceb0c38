//! Frames by hand, and what comes back.

use ringback_tests::raw::{Raw, frame, text};

use crate::stage::Place;

/// An unsigned integer in its longest form.
pub(crate) fn int(number: u64) -> Vec<u8> {
    [&[0xcf], &number.to_be_bytes()[..]].concat()
}

/// An array of signed integers.
pub(crate) fn table(references: &[i64]) -> Vec<u8> {
    let count = u32::try_from(references.len()).unwrap();
    let mut table = [&[0xdd], &count.to_be_bytes()[..]].concat();
    for reference in references {
        table.push(0xd3);
        table.extend(reference.to_be_bytes());
    }
    table
}

/// The service to call.
pub(crate) fn target() -> Vec<u8> {
    text("Target")
}

/// The fields of a request, each of them encoded.
pub(crate) struct Call {
    pub(crate) id: Vec<u8>,
    pub(crate) target: Vec<u8>,
    pub(crate) method: Vec<u8>,
    pub(crate) parent: Vec<u8>,
    pub(crate) metadata: Vec<u8>,
    pub(crate) references: Vec<u8>,
    pub(crate) params: Vec<u8>,
}

impl Call {
    /// Without arguments.
    pub(crate) fn new(id: u64, target: Vec<u8>, method: &str) -> Self {
        Self {
            id: int(id),
            target,
            method: text(method),
            parent: vec![0xc0],
            metadata: vec![0xc0],
            references: vec![0x90],
            params: vec![0x90],
        }
    }

    pub(crate) fn params(mut self, params: &[u8]) -> Self {
        self.params = params.to_vec();
        self
    }

    pub(crate) fn references(mut self, references: &[u8]) -> Self {
        self.references = references.to_vec();
        self
    }

    pub(crate) fn request(&self) -> Vec<u8> {
        frame(&[&[0x9a, 0, 0xc0][..], &self.id, &self.rest()].concat())
    }

    pub(crate) fn notification(&self) -> Vec<u8> {
        frame(&[&[0x99, 2, 0xc0][..], &self.rest()].concat())
    }

    fn rest(&self) -> Vec<u8> {
        [
            &self.target[..],
            &self.method,
            &self.parent,
            &[0xc0], // the time left
            &self.metadata,
            &self.references,
            &self.params,
        ]
        .concat()
    }
}

/// `[msg]`, the argument of `echo`.
pub(crate) fn hello() -> Vec<u8> {
    [&[0x91], &text("hello")[..]].concat()
}

/// Reads until the abort, and gives its kind and message. Without one, both are empty.
pub(crate) async fn aborted(peer: &mut Raw) -> (String, String) {
    while let Some(body) = peer.read_frame().await {
        if body[1] == 14 {
            let value = rmpv::decode::read_value(&mut &body[..]).unwrap();
            let fields = value.as_array().unwrap();
            let word = |at: usize| fields[at].as_str().unwrap().to_owned();
            return (word(1), word(2));
        }
    }
    Default::default()
}

/// A peer greets, says that, and is cut off: with an abort of that kind, whose message tells that.
pub(crate) async fn is_cut_off(place: &Place, says: &[u8], kind: &str, tells: &str) {
    let mut peer = Raw::greeted(place.address).await;
    peer.say(says).await;
    peer_is_cut_off(peer, kind, tells).await;
}

/// The abort comes, and nothing behind it.
pub(crate) async fn peer_is_cut_off(mut peer: Raw, kind: &str, tells: &str) {
    let (told, why) = aborted(&mut peer).await;
    assert_eq!(told, kind, "{why}");
    assert!(why.contains(tells), "not {tells:?}: {why:?}");
    assert_eq!(peer.read_frame().await, None);
}

/// The next response: its id, its status, and its value.
pub(crate) async fn response(peer: &mut Raw) -> (u64, u64, rmpv::Value) {
    loop {
        let body = peer.read_frame().await.expect("an answer");
        let value = rmpv::decode::read_value(&mut &body[..]).unwrap();
        let fields = value.as_array().unwrap();
        if fields[0].as_u64() == Some(1) {
            let number = |at: usize| fields[at].as_u64().unwrap();
            return (number(2), number(3), fields[5].clone());
        }
    }
}

/// The next response says that its call has failed with that kind.
pub(crate) async fn fails(peer: &mut Raw, kind: &str) {
    let (_, status, value) = response(peer).await;
    assert_eq!(status, 2, "{value}");
    assert_eq!(value[0].as_str(), Some(kind), "{value}");
}

/// The peer is served as ever.
pub(crate) async fn is_served(peer: &mut Raw, id: u64) {
    let call = Call::new(id, target(), "echo").params(&hello());
    peer.say(&call.request()).await;
    loop {
        let (answered, status, value) = response(peer).await;
        if answered == id {
            assert_eq!((status, value.as_str()), (0, Some("hello")));
            return;
        }
    }
}
