//! Which addresses are public, and which are not to be asked.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why an address is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The block, e.g. `10.0.0.0/8`.
    pub block: &'static str,
    /// What it is for, e.g. `a private network`.
    pub purpose: &'static str,
    /// What it takes to be allowed.
    pub reach: Reach,
}

/// What it takes to be allowed to ask an address that is not public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// That the host is listed in the configuration, by name or as this address.
    Listed,
    /// That this very address is listed: a name may never lead here (169.254.169.254 gives away cloud credentials).
    ListedItself,
    /// Nothing does.
    Never,
}

use Reach::{Listed, ListedItself, Never};

const IPV4: [(Ipv4Addr, u32, &str, &str, Reach); 15] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "0.0.0.0/8", "this network", Never),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "10.0.0.0/8", "a private network", Listed),
    (Ipv4Addr::new(100, 64, 0, 0), 10, "100.64.0.0/10", "a provider's inner network", Listed),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "127.0.0.0/8", "this machine", Listed),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "169.254.0.0/16", "the link's own network", ListedItself),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "172.16.0.0/12", "a private network", Listed),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "192.0.0.0/24", "protocols", Never),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "192.0.2.0/24", "documentation", Never),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "192.88.99.0/24", "old 6to4 relays", Never),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "192.168.0.0/16", "a private network", Listed),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "198.18.0.0/15", "measuring networks", Listed),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "198.51.100.0/24", "documentation", Never),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "203.0.113.0/24", "documentation", Never),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "224.0.0.0/4", "multicast", Never),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "240.0.0.0/4", "future use", Never),
];

const IPV6: [(Ipv6Addr, u32, &str, &str, Reach); 12] = [
    (Ipv6Addr::UNSPECIFIED, 128, "::", "no address", Never),
    (Ipv6Addr::LOCALHOST, 128, "::1", "this machine", Listed),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48, "64:ff9b:1::/48", "local NAT64", Listed),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64, "100::/64", "discarding", Never),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "2001::/23", "Teredo and protocols", Never),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "2001:db8::/32", "documentation", Never),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "3fff::/20", "documentation", Never),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "fc00::/7", "a private network", Listed),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "fe80::/10", "the link's own network", ListedItself),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, "fec0::/10", "a private network (old)", Listed),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "ff00::/8", "multicast", Never),
    (Ipv6Addr::new(0x5f00, 0, 0, 0, 0, 0, 0, 0), 16, "5f00::/16", "segment routing", Never),
];

/// The network that keeps an address from being public; `None` for a public one. IPv4 addresses inside IPv6 ones
/// (mapped, compatible, translated, NAT64, 6to4) count as what they lead to.
pub fn not_public(address: IpAddr) -> Option<Network> {
    match unmapped(address) {
        IpAddr::V4(address) => IPV4
            .iter()
            .find(|(net, bits, ..)| same_prefix(address.to_bits().into(), net.to_bits().into(), 32 - bits))
            .map(|&(_, _, block, purpose, reach)| Network { block, purpose, reach }),
        IpAddr::V6(address) => IPV6
            .iter()
            .find(|(net, bits, ..)| same_prefix(address.to_bits(), net.to_bits(), 128 - bits))
            .map(|&(_, _, block, purpose, reach)| Network { block, purpose, reach })
            // Only this eighth of IPv6 was ever given out (RFC 4291 §2.4).
            .or((address.segments()[0] & 0xe000 != 0x2000).then_some(Network {
                block: "outside 2000::/3",
                purpose: "nothing yet",
                reach: Never,
            })),
    }
}

fn same_prefix(one: u128, other: u128, host_bits: u32) -> bool {
    (one ^ other).checked_shr(host_bits).unwrap_or(0) == 0
}

/// The IPv4 address that an IPv6 one stands for, or the address itself.
pub fn unmapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    let [a, b, c, d, e, f, g, h] = six.segments();
    let four = |high: u16, low: u16| IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)));
    match [a, b, c, d, e, f] {
        // ::1 and :: are addresses of their own.
        [0, 0, 0, 0, 0, 0] if six.to_bits() > 1 => four(g, h),
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0, 0, 0, 0] => four(g, h),
        [0x2002, high, low, ..] => four(high, low),
        _ => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_block_is_refused_from_its_first_to_its_last_address() {
        for (net, bits, block, ..) in IPV4 {
            let last = net.to_bits() | u32::MAX.checked_shr(bits).unwrap_or(0);
            for address in [net, Ipv4Addr::from_bits(last)] {
                assert!(not_public(address.into()).is_some(), "{address} of {block}");
                for mapped in [
                    address.to_ipv6_mapped(),
                    format!("64:ff9b::{address}").parse().unwrap(),
                    format!("::ffff:0:{address}").parse().unwrap(),
                    Ipv6Addr::from_bits(0x2002 << 112 | u128::from(address.to_bits()) << 80 | 1),
                ] {
                    assert!(not_public(mapped.into()).is_some(), "{mapped} of {block}");
                }
            }
        }
        for (net, bits, block, ..) in IPV6 {
            let last = net.to_bits() | u128::MAX.checked_shr(bits).unwrap_or(0);
            for address in [net, Ipv6Addr::from_bits(last)] {
                assert!(not_public(address.into()).is_some(), "{address} of {block}");
            }
        }
    }

    #[test]
    fn what_lies_beside_a_block_is_public() {
        for address in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.0.3.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2001:200::1",
            "2606:4700::1111",
            "2a00:1450::1",
            "::ffff:1.1.1.1",
            "64:ff9b::8.8.8.8",
            "2002:808:808::1",
        ] {
            assert_eq!(not_public(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn unassigned_ipv6_is_not_public() {
        for address in ["::2:1:1:1", "4000::1", "1::1", "fe00::1", "e000::1"] {
            assert!(not_public(address.parse().unwrap()).is_some(), "{address}");
        }
    }
}
