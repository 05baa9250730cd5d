//! The judge acquits a good past and convicts a bad one that differs from it in one thing.

mod answer;
mod belief;
mod chance;
mod chat;
mod close;
mod conversation;
mod ends;
mod forgiven;
mod honest_io;
mod news;
mod operator;
mod outlets;
mod pitfalls;
mod reasons;
mod resumed;
mod run;
mod served;
mod sessions;
mod stories;
mod suspension;
mod two_boots;
mod windows;
mod withdrawn;
