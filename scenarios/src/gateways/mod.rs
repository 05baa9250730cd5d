//! Gateways that are not the core: what the harness must convict.

pub mod claw;
pub mod hermes;
pub mod marks_only;
pub mod mutants;
pub mod resends;
pub mod saboteurs;
pub mod unfenced;
