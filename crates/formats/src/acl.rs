//! XML of the ACL Anthology.

use crate::container::Input;
use crate::item::{BadRecord, Notes};
use crate::split::Step;
use paper::Record;
use std::io;

#[derive(Debug)]
pub(crate) struct Head {}

pub(crate) struct Cutter {}

impl Cutter {
    pub(crate) fn new() -> Cutter {
        Cutter {}
    }
    pub(crate) fn line(&self) -> u64 {
        1
    }
    pub(crate) fn next(&mut self, _input: &mut Input) -> io::Result<Step> {
        Ok(Step::End)
    }
}

pub(crate) fn alone(_head: &Head, bytes: &[u8]) -> Vec<u8> {
    bytes.to_vec()
}

pub(crate) fn parse(_head: &Head, _bytes: &[u8], _notes: &mut Notes) -> Result<Record, BadRecord> {
    Err(BadRecord::Other("not yet"))
}
