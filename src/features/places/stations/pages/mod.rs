//! Pages of stations: the register, the form, the events of a station's life and the import.

pub mod import;
pub mod life;
pub mod list;
pub mod write;
