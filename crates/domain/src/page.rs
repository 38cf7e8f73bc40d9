//! Lists come in pages: by number, as people turn them, or after a cursor, which is fast however deep.

/// Why a page was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PageError {
    /// Pages are counted from 1.
    #[error("must be 1 or more")]
    PageZero,
    /// A page of no entries, or of too many.
    #[error("must be from 1 to {max}", max = PageLimit::MAX)]
    LimitOutOfRange,
}

/// How many entries a page has: 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageLimit(u32);

impl PageLimit {
    /// The most entries of a page.
    pub const MAX: i64 = 100;
    /// What a caller gets who does not say.
    pub const DEFAULT: Self = Self(10);

    /// A page of so many entries.
    ///
    /// # Errors
    /// [`PageError::LimitOutOfRange`] outside 1 to [`Self::MAX`].
    pub fn new(limit: i64) -> Result<Self, PageError> {
        match u32::try_from(limit) {
            Ok(entries) if (1..=Self::MAX).contains(&limit) => Ok(Self(entries)),
            _ => Err(PageError::LimitOutOfRange),
        }
    }

    /// The nearest page size to what was asked for.
    pub fn clamped(limit: i64) -> Self {
        Self::new(limit.clamp(1, Self::MAX)).unwrap_or(Self::DEFAULT)
    }

    /// The number of entries.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Which page: counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageNumber(i64);

impl PageNumber {
    /// The first page.
    pub const FIRST: Self = Self(1);

    /// The page of that number.
    ///
    /// # Errors
    /// [`PageError::PageZero`] below 1.
    pub const fn new(number: i64) -> Result<Self, PageError> {
        if number >= 1 { Ok(Self(number)) } else { Err(PageError::PageZero) }
    }

    /// The number, from 1.
    pub const fn get(self) -> i64 {
        self.0
    }
}

/// A place in a list: behind the entry with this id. Lists are ordered by id, so an id is all it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cursor(i64);

impl Cursor {
    /// The place behind the entry with this id.
    pub const fn after(id: i64) -> Self {
        Self(id)
    }

    /// The id of the entry before this place.
    pub const fn id(self) -> i64 {
        self.0
    }
}

/// Where a page starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PageStart {
    /// At a numbered page: entries before it are skipped one by one.
    Number(PageNumber),
    /// Behind an entry that the caller has seen.
    After(Cursor),
}

/// What a caller asks of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// Where to start.
    pub start: PageStart,
    /// How many entries at the most.
    pub limit: PageLimit,
}

impl PageRequest {
    /// The page of that number.
    pub const fn number(number: PageNumber, limit: PageLimit) -> Self {
        Self { start: PageStart::Number(number), limit }
    }

    /// The page behind that place.
    pub const fn after(cursor: Cursor, limit: PageLimit) -> Self {
        Self { start: PageStart::After(cursor), limit }
    }

    /// How many entries to skip from the list's (or the cursor's) start. Stops at 64 bits.
    pub fn offset(&self) -> i64 {
        match self.start {
            PageStart::Number(number) => {
                (number.get() - 1).saturating_mul(i64::from(self.limit.get()))
            }
            PageStart::After(_) => 0,
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries, in the list's order.
    pub items: Vec<T>,
    /// How many entries the whole list has, exactly, as of the moment the page was read.
    pub total: u64,
    /// The place behind the last entry, if there is one more behind it.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// Makes a page of up to one entry more than it holds: the surplus tells that there is a next page.
    pub fn from_surplus(
        mut items: Vec<T>,
        limit: PageLimit,
        total: u64,
        id: impl Fn(&T) -> i64,
    ) -> Self {
        let size = usize::try_from(limit.get()).unwrap_or(usize::MAX);
        let more = items.len() > size;
        items.truncate(size);
        let next = if more { items.last().map(|last| Cursor::after(id(last))) } else { None };
        Self { items, total, next }
    }
}
