//! Kits that tests share: made papers, kill sweeps, databases, servers.
