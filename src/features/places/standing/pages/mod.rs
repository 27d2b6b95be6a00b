//! Pages of rectification orders: the register and a single order.

pub mod list;
pub mod order;
