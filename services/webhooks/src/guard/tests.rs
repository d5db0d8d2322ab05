use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

fn networks(allow: &[&str]) -> Vec<IpNet> {
    allow.iter().map(|network| network.parse().unwrap()).collect()
}

/// Whether a webhook may be registered at `url` where the operator allows these networks and names lead where `look_up` says.
async fn admits_where(allow: &[&str], url: &str, look_up: LookUp) -> bool {
    let guard = Guard::of_registrations(&networks(allow)).asking(look_up);
    match Endpoint::parse(url) {
        Ok(endpoint) => guard.check(&endpoint).await.is_ok(),
        Err(_) => false,
    }
}

/// The same where no name leads anywhere but `localhost`.
async fn admits(allow: &[&str], url: &str) -> bool {
    admits_where(allow, url, told).await
}

/// What each name leads to, as a server of names that means no good would have it.
fn told(name: String) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
    let addresses: &[&str] = match name.trim_end_matches('.') {
        "localhost" => &["127.0.0.1", "::1"],
        "public.example" => &["1.1.1.1", "2606:4700:4700::1111"],
        "private.example" => &["10.0.0.1"],
        "one-of-three.example" => &["1.1.1.1", "192.168.1.1", "8.8.8.8"],
        "last-of-two.example" => &["2606:4700:4700::1111", "fd00::1"],
        "mapped.example" => &["::ffff:10.0.0.1"],
        "metadata.example" => &["169.254.169.254"],
        "unspecified.example" => &["0.0.0.0"],
        "nobody.example" => &[],
        _ => return async { Err(io::Error::other("no such name")) }.boxed(),
    };
    let addresses = addresses.iter().map(|address| SocketAddr::new(address.parse().unwrap(), 0)).collect();
    async { Ok(addresses) }.boxed()
}

/// Every way to write an address that leads inside.
const REFUSED: [&str; 91] = [
    // Loopback in decimal, octal, hexadecimal, short and mixed.
    "http://127.0.0.1:8080/",
    "http://127.0.0.1/",
    "http://127.255.255.254/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0x7f000001/",
    "http://0X7F000001/",
    "http://0x7f.1/",
    "http://0x7F.0x0.0x0.0x1/",
    "http://0177.0.0.1/",
    "http://0177.0.0.01/",
    "http://0000177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.0x1/",
    "http://127.00000000001/",
    "http://127.0.0.0x1/",
    // This network, which reaches the host itself.
    "http://0/",
    "http://0.0.0.0/",
    "http://0x0/",
    "http://00.00/",
    "http://0.1.2.3/",
    // Dots at the end.
    "http://127.0.0.1./",
    "http://2130706433./",
    "http://127.0.0.1.:8080/",
    // Per cent, full width, other digits, and dots of other scripts.
    "http://%31%32%37.0.0.1/",
    "http://127%2E0%2E0%2E1/",
    "http://１２７.0.0.1/",
    "http://１２７.０.０.１/",
    "http://127。0。0。1/",
    "http://127．0．0．1/",
    "http://127｡0｡0｡1/",
    "http://①②⑦.⓪.⓪.①/",
    "http://𝟏𝟐𝟕.0.0.1/",
    "http://0x7f。1/",
    // Private, shared, link-local, and where clouds answer.
    "http://10.0.0.1/",
    "http://167772161/",
    "http://0xa.1/",
    "http://012.0.0.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://0xac.0x10.1/",
    "http://192.168.0.1/",
    "http://192.168.257/",
    "http://0300.0250.0.1/",
    "http://100.64.0.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://169.16689662/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    // No single host, or nobody's.
    "http://192.0.2.1/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://0xffffffff/",
    // IPv6: unspecified, loopback, unique-local, link-local, site-local, multicast.
    "http://[::]/",
    "http://[::1]:8080/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[0000:0000:0000:0000:0000:0000:0000:0001]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[fe80::1]/",
    "http://[fec0::1]/",
    "http://[ff02::1]/",
    // A zone, in whichever form.
    "http://[fe80::1%25eth0]/",
    "http://[fe80::1%eth0]/",
    "http://[::1%25lo]/",
    // IPv4 within: mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP.
    "http://[::ffff:127.0.0.1]:8080/",
    "http://[::ffff:7f00:1]/",
    "http://[::FFFF:10.0.0.1]/",
    "http://[0:0:0:0:0:ffff:a9fe:a9fe]/",
    "http://[::127.0.0.1]/",
    "http://[::ffff:0:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b::10.0.0.1]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a9fe:a9fe::1]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001:470:1:2::5efe:10.0.0.1]/",
    "http://[2001:470:1:2:200:5efe:10.0.0.1]/",
    // Somebody before the host, and what is no address at all.
    "http://1.1.1.1@127.0.0.1/",
    "http://1.1.1.1:80@127.0.0.1/",
    "http://127.0.0.1@1.1.1.1/",
    "http://127.0.0.1\\@1.1.1.1/",
    "http:///hook",
    "http://[::1/",
];

#[tokio::test]
async fn an_address_is_refused_however_it_is_written() {
    for url in REFUSED {
        assert!(!admits(&[], url).await, "{url}");
        assert!(!admits(&[], &url.replacen("http://", "https://", 1)).await, "{url}");
    }
    for url in ["http://1.1.1.1/", "http://0x01010101/", "http://16843009/", "https://[2606:4700:4700::1111]/"] {
        assert!(admits(&[], url).await, "{url}");
    }
}

#[tokio::test]
async fn a_name_is_refused_where_one_of_its_addresses_is() {
    for (url, is_admitted) in [
        ("http://public.example/", true),
        ("http://PUBLIC.example./", true),
        ("http://ｐｕｂｌｉｃ.example/", true),
        ("http://private.example/", false),
        ("http://private。example/", false),
        ("http://one-of-three.example/", false),
        ("http://last-of-two.example/", false),
        ("http://mapped.example/", false),
        ("http://metadata.example/", false),
        ("http://unspecified.example/", false),
    ] {
        assert_eq!(admits(&[], url).await, is_admitted, "{url}");
    }
}

#[tokio::test]
async fn a_name_of_a_network_of_its_own_is_refused_whether_or_not_it_leads_anywhere() {
    for url in [
        "http://localhost:8080/",
        "http://localhost.:8080/",
        "http://LOCALHOST/",
        "http://ｌｏｃａｌｈｏｓｔ/",
        "http://%6cocalhost/",
        "http://anything.localhost:8080/",
        "http://metadata.google.internal/",
        "http://printer.local/",
        "http://printer.local./",
        "http://router.home.arpa/",
        "http://postgres:5432/",
        "http://redis:6379/",
    ] {
        assert!(!admits(&[], url).await, "{url}");
    }
}

#[tokio::test]
async fn what_the_operator_allows_may_be_reached_and_nothing_beside_it() {
    assert!(admits(&["127.0.0.0/8"], "http://127.0.0.1:8080/").await);
    assert!(admits(&["127.0.0.0/8", "::1/128"], "http://localhost:8080/").await);
    assert!(admits(&["10.0.0.0/8"], "http://private.example/").await);
    assert!(!admits(&["127.0.0.0/8"], "http://localhost:8080/").await);
    assert!(!admits(&["127.0.0.0/8"], "http://[::1]:8080/").await);
    assert!(!admits(&["127.0.0.0/8"], "http://[::ffff:127.0.0.1]:8080/").await);
    assert!(!admits(&["127.0.0.0/8"], "http://10.0.0.1:8080/").await);
    assert!(!admits(&["127.0.0.0/8"], "http://127.0.0.1:22/").await);
}

#[tokio::test]
async fn a_name_that_leads_nowhere_may_be_registered() {
    assert!(admits(&[], "https://no-such-name.example/").await);
    assert!(admits(&[], "https://nobody.example/").await);
    assert!(!admits(&["127.0.0.0/8"], "https://no-such-name.internal/").await);
    assert!(admits_where(&[], "https://never.example/", |_| std::future::pending().boxed()).await);
}

#[tokio::test]
async fn the_resolver_hands_out_nothing_that_is_refused() {
    let resolve = |guard: Guard, name: &'static str| async move {
        guard.resolve(name.parse().unwrap()).await.map(Iterator::count)
    };
    let guard = Guard::of_deliveries(&[]);
    let error = resolve(guard.clone(), "localhost").await.unwrap_err();
    assert!(matches!(error.downcast_ref(), Some(NoWay::Refused)), "as the system tells it");
    let guard = guard.asking(told);
    for name in ["localhost", "private.example", "one-of-three.example", "mapped.example"] {
        let error = resolve(guard.clone(), name).await.unwrap_err();
        assert!(matches!(error.downcast_ref(), Some(NoWay::Refused)), "{name}");
    }
    assert_eq!(resolve(guard, "public.example").await.unwrap(), 2);
    let guard = Guard::of_deliveries(&networks(&["127.0.0.0/8", "::1/128"]));
    assert!(resolve(guard, "localhost").await.unwrap() > 0);
}

/// The forms in which a host may write an IPv4 address, as the URL standard reads them.
fn written(address: u32, form: usize) -> String {
    let [a, b, c, d] = address.to_be_bytes();
    match form {
        0 => format!("{a}.{b}.{c}.{d}"),
        1 => address.to_string(),
        2 => format!("{address:#x}"),
        3 => format!("0{address:o}"),
        4 => format!("{a:#x}.0{b:o}.{}", u32::from(c) * 256 + u32::from(d)),
        5 => format!("0{a:o}.{}", address & 0x00ff_ffff),
        _ => format!("{a}.{b}.{c}.{d}."),
    }
}

proptest! {
    /// However an address is written, the same is decided; and never anything else for it within IPv6.
    #[test]
    fn every_form_of_an_address_is_that_address(address: u32, form in 0usize..7) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let url = format!("http://{}/", written(address, form));
        let address = Ipv4Addr::from(address);
        prop_assert_eq!(runtime.block_on(admits(&[], &url)), is_public(address.into()), "{}", url);
        for within in [address.to_ipv6_mapped(), address.to_ipv6_compatible(), nat64(address)] {
            prop_assert!(!is_public(within.into()), "{}", within);
        }
    }
}

fn nat64(address: Ipv4Addr) -> Ipv6Addr {
    Ipv6Addr::from((0x0064_ff9b_u128 << 96) | u128::from(u32::from(address)))
}
