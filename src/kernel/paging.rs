//! Paging of lists: the requested page, its size, and the links around it.

use serde::Deserialize;

/// Page sizes a reader can choose.
pub const PAGE_SIZES: [i64; 3] = [20, 50, 100];

/// The requested page of a list and its size.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Paging {
    page: Option<i64>,
    size: Option<i64>,
}

impl Paging {
    pub fn page(self) -> i64 {
        self.page.unwrap_or(1).clamp(1, 1_000_000)
    }

    pub fn size(self) -> i64 {
        self.size.filter(|size| PAGE_SIZES.contains(size)).unwrap_or(PAGE_SIZES[0])
    }

    /// The same page, or the last one if `total` rows do not reach it.
    #[must_use]
    pub fn within(self, total: i64) -> Self {
        let last = ((total + self.size() - 1) / self.size()).max(1);
        Self { page: Some(self.page().min(last)), size: self.size }
    }

    pub fn offset(self) -> i64 {
        (self.page() - 1) * self.size()
    }
}

/// One page of a list, with the total length.
#[derive(Debug)]
pub struct Listed<T> {
    pub rows: Vec<T>,
    pub total: i64,
    pub paging: Paging,
}

impl<T> Listed<T> {
    pub fn pages(&self) -> i64 {
        ((self.total + self.paging.size() - 1) / self.paging.size()).max(1)
    }

    pub fn page(&self) -> i64 {
        self.paging.page()
    }

    /// Page numbers to link: first, last and those around this one; 0 marks a gap.
    pub fn links(&self) -> Vec<i64> {
        let (now, last) = (self.page(), self.pages());
        let mut links = vec![];
        for page in (1..=last).filter(|page| *page == 1 || *page == last || (page - now).abs() <= 2) {
            if links.last().is_some_and(|before| *before + 1 < page) {
                links.push(0);
            }
            links.push(page);
        }
        links
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(page: i64, total: i64) -> Listed<()> {
        Listed { rows: vec![], total, paging: Paging { page: Some(page), size: None } }
    }

    #[test]
    fn far_pages_are_a_gap() {
        assert_eq!(listed(1, 0).links(), [1]);
        assert_eq!(listed(1, 60).links(), [1, 2, 3]);
        assert_eq!(listed(10, 400).links(), [1, 0, 8, 9, 10, 11, 12, 0, 20]);
    }

    #[test]
    fn sizes_are_those_we_offer() {
        assert_eq!(Paging { page: Some(-3), size: Some(1_000_000) }.size(), 20);
        assert_eq!(Paging { page: Some(-3), size: Some(50) }.offset(), 0);
    }
}
