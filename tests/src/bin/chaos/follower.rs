//! Follows one direction of a connection: where its frames begin and end.

/// With how many bytes each direction begins, before its first frame.
const PREFACE: usize = 8;
/// How many bytes tell a frame's length.
const LENGTH: usize = 4;

/// Knows at each byte whether it is inside of a frame.
#[derive(Clone, Debug)]
pub struct Follower {
    preface_left: usize,
    length: [u8; LENGTH],
    length_read: usize,
    body_left: usize,
    frames: u64,
}

impl Default for Follower {
    fn default() -> Self {
        Self {
            preface_left: PREFACE,
            length: [0; LENGTH],
            length_read: 0,
            body_left: 0,
            frames: 0,
        }
    }
}

impl Follower {
    /// Those bytes have passed.
    pub fn pass(&mut self, mut bytes: &[u8]) {
        let preface = bytes.len().min(self.preface_left);
        self.preface_left -= preface;
        bytes = &bytes[preface..];
        while !bytes.is_empty() {
            if self.body_left > 0 {
                let part = bytes.len().min(self.body_left);
                self.body_left -= part;
                bytes = &bytes[part..];
            } else {
                self.length[self.length_read] = bytes[0];
                self.length_read += 1;
                bytes = &bytes[1..];
                if self.length_read < LENGTH {
                    continue;
                }
                self.body_left = u32::from_be_bytes(self.length) as usize;
            }
            if self.body_left == 0 {
                self.frames += 1;
                self.length_read = 0;
            }
        }
    }

    /// Whether a frame has begun to pass and has not ended. The preface is none.
    pub fn is_inside(&self) -> bool {
        self.length_read > 0
    }

    /// How many whole frames have passed.
    pub fn frames(&self) -> u64 {
        self.frames
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Vec<u8> {
        let frames: [&[u8]; 3] = [b"\0\0\0\x03abc", b"\0\0\x01\0", &[7; 256]];
        [b"RINGBK1\n".as_slice(), &frames.concat(), b"\0\0\0\x01z"].concat()
    }

    #[test]
    fn frames_are_found_however_the_bytes_are_cut_up() {
        for size in 1..300 {
            let mut follower = Follower::default();
            for part in stream().chunks(size) {
                follower.pass(part);
            }
            assert_eq!(follower.frames(), 3, "in parts of {size}");
            assert!(!follower.is_inside());
        }
    }

    #[test]
    fn each_byte_is_inside_or_between() {
        let mut follower = Follower::default();
        let mut between = Vec::new();
        for (index, byte) in stream().iter().enumerate() {
            follower.pass(&[*byte]);
            if !follower.is_inside() {
                between.push(index + 1);
            }
        }
        assert_eq!(between, [1, 2, 3, 4, 5, 6, 7, 8, 15, 275, 280]);
    }
}
