//! What stands for a name where others have a picture: pages load none, since what a picture's server learns of its readers is not for
//! an agent to decide.

/// A sign: the first letter of a name on a colour that is its own.
#[derive(Clone, Debug)]
pub struct Sign {
    /// The letter.
    pub letter: char,
    /// Degrees on the circle of colours.
    pub hue: u32,
}

impl Sign {
    /// The sign of a handle, whatever its case.
    pub fn of(handle: &str) -> Self {
        let letter = handle.chars().next().unwrap_or('?').to_ascii_uppercase();
        let mix = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
        Self { letter, hue: handle.to_ascii_lowercase().bytes().fold(2_166_136_261, mix) % 360 }
    }
}
