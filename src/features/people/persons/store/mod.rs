//! Statements behind persons, posts and transfers.

mod bulk;
mod person;
mod post;
mod transfer;

pub use bulk::{insert_all, update_all};
pub use person::{find, find_by_print, insert, link_account, of_account, opens, set_photo, unlink_account, update};
pub use post::{
    PLACES, all_of_station, change_post, end_post, find_post, insert_post, main_posts, posts_of, remove_post,
    settle_places,
};
pub use transfer::{Transfer, TransferState, ask, decide, find_transfer, transfers, transfers_of};
