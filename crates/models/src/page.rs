//! Keyset paging: one kind of page for every list.

use crate::{Id, Timestamp};

/// Where the next page begins: behind the item of this time and id.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cursor {
    /// The time of the last item of the page before.
    pub before: Timestamp,
    /// Its id; without it, everything of that instant counts as seen.
    pub before_id: Option<Id>,
}

impl Cursor {
    /// The cursor behind the item with this id.
    pub fn after_item(id: Id) -> Self {
        Self { before: id.timestamp(), before_id: Some(id) }
    }

    /// The bound that a finder compares ids with: what comes next has a smaller id. Exact because ids
    /// sort by time first, also when the id given belongs to another instant than the time.
    pub fn bound(self) -> Id {
        match self.before_id {
            Some(id) if id.timestamp() == self.before => id,
            Some(id) if id.timestamp() > self.before => Id::floor(self.before.plus_micros(1)),
            _ => Id::floor(self.before),
        }
    }

    /// The bound of the page behind `before`, or of the first page where that is `None`: then every id is smaller.
    pub fn bound_of(before: Option<Self>) -> Id {
        before.map_or_else(|| Id::floor(Timestamp::from_micros(i64::MAX)), Self::bound)
    }

    /// The same for a list that is not in the order of its ids, but of a time of its own and then of ids: what comes next has an
    /// earlier time, or the same and a smaller id.
    pub fn key_of(before: Option<Self>) -> (Timestamp, Id) {
        let first = Id::floor(Timestamp::from_micros(0));
        match before {
            Some(Self { before, before_id }) => (before, before_id.unwrap_or(first)),
            None => (Timestamp::from_micros(i64::MAX), first),
        }
    }
}

/// A page of a list, and where the next one begins.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Page<T> {
    /// The items, newest first.
    pub items: Vec<T>,
    /// `None` on the last page.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of at most `limit` items from rows that were asked for with [`Page::fetch`], whose ids
    /// `id` tells.
    pub fn from_rows(rows: Vec<T>, limit: u32, id: impl Fn(&T) -> Id) -> Self {
        Self::from_keyed_rows(rows, limit, |row| Cursor::after_item(id(row)))
    }

    /// The same for rows in the order of a time of their own, whose places `cursor` tells.
    pub fn from_keyed_rows(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(cursor);
        Self { items: rows, next }
    }

    /// How many rows to ask for to fill a page of `limit` and know whether another follows.
    pub fn fetch(limit: u32) -> i64 {
        i64::from(limit).saturating_add(1)
    }

    /// The same page of other items.
    pub fn map<U>(self, convert: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(convert).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn a_bound_is_exact_whatever_id_comes_with_the_time() {
        let (old, same, new) = (Id::at(at(10)), Id::at(at(20)), Id::at(at(30)));
        let bound = |before_id| Cursor { before: at(20), before_id }.bound();
        assert_eq!(bound(Some(same)), same);
        assert!(bound(None) <= same && bound(None) > old);
        assert!(bound(Some(old)) <= same && bound(Some(old)) > old);
        assert!(bound(Some(new)) > same && bound(Some(new)) <= Id::floor(at(21)));
        assert!(Cursor::bound_of(None) > new);
    }

    #[test]
    fn only_a_full_page_with_more_behind_it_has_a_next_one() {
        let ids: Vec<Id> = (1..=3).rev().map(|micros| Id::at(at(micros))).collect();
        let page = Page::from_rows(ids.clone(), 2, |&id| id);
        assert_eq!(page.items.len(), 2);
        assert_eq!(page.next.and_then(|cursor| cursor.before_id), Some(ids[1]));
        assert_eq!(Page::from_rows(ids, 3, |&id| id).next, None);
    }
}
