//! Scenario files, the gateways under test, and the command line that brings them together.

pub mod allowance;
pub mod campaign;
pub mod catalogue;
pub mod cli;
pub mod expectation;
pub mod gateways;
pub mod harness;
pub mod input;
pub mod phases;
pub mod races;
pub mod real;
pub mod registry;
pub mod report;
pub mod status;
pub mod watchdog;
