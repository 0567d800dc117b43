//! Any bytes, read as `--format acl`.
#![no_main]

fuzz::target_of_format!(formats::Format::AclXml);
