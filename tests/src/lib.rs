//! The examples of the README, compiled as documentation tests; the tests themselves are one binary
//! in `tests/it`.
#![cfg_attr(doctest, doc = include_str!("../../README.md"))]
