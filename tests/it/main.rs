//! The one test binary.
mod tidy;

mod campaign;
mod catalogue;
mod choices;
mod clean_start;
mod cli;
mod crash_states;
mod dead_process;
mod eras;
mod fault_sweep;
mod mutants;
mod network;
mod open_file;
mod properties;
mod races;
mod readme;
mod real_disk;
mod real_kill;
mod recovered;
mod saboteurs;
mod schedules;
mod seed_race;
mod shrink;
mod siblings;
mod stop_orders;
mod two_processes;
