//! Who was in touch with whom: facts as lines of text in, interactions as lines of text out.

mod acquaintances;
mod edge_cases;
mod laws;
pub(crate) mod notation;
mod rules;
