//! What a service keeps once for the whole process: a client with its connections, a bound on how many do something at once.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use models::{Error, Result};

/// Values of services, one of each type. Only who can name a type gets at its value, so that services keep theirs from each other, and
/// what is shared here knows none of them.
#[derive(Default)]
pub struct Shared(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl fmt::Debug for Shared {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Shared")
    }
}

impl Shared {
    /// The value of this type, which `make` makes where there is none yet. It must not ask for another.
    ///
    /// # Errors
    /// As `make` says; the next call tries again.
    pub fn get_or_make<T: Any + Send + Sync>(&self, make: impl FnOnce() -> Result<T>) -> Result<Arc<T>> {
        let mut values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = match values.get(&TypeId::of::<T>()) {
            Some(value) => Arc::clone(value),
            None => {
                let value: Arc<dyn Any + Send + Sync> = Arc::new(make()?);
                values.insert(TypeId::of::<T>(), Arc::clone(&value));
                value
            }
        };
        value.downcast().map_err(|_| Error::internal("a value is not of the type that it is kept under"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_and_each_type_has_its_own() {
        let shared = Shared::default();
        assert!(matches!(shared.get_or_make::<u8>(|| Err(Error::Busy)), Err(Error::Busy)));
        let first = shared.get_or_make(|| Ok(1_u8)).unwrap();
        assert!(Arc::ptr_eq(&first, &shared.get_or_make(|| Ok(2_u8)).unwrap()));
        assert_eq!((*first, *shared.get_or_make(|| Ok("another")).unwrap()), (1, "another"));
    }
}
