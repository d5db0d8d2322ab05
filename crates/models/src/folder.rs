//! Folders that this program makes.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;

use crate::{Error, Result};

/// Makes a folder that its owner alone can look into, and those above it, where they are missing: what lies in it (the database, mail with
/// codes that work) is nobody else's. One that is there stays as it is.
///
/// # Errors
/// [`Error::Internal`] where it cannot be made.
pub fn make_private(folder: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| Error::internal(format!("{}: {error}", folder.display())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_folder_is_its_owners_alone() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("data/mail");
        for _ in 0..2 {
            make_private(&folder).unwrap();
            for made in [place.path().join("data"), folder.clone()] {
                assert_eq!(std::fs::metadata(made).unwrap().permissions().mode() & 0o777, 0o700);
            }
        }
    }
}
