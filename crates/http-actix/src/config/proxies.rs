//! `TRUSTED_PROXIES`: the proxies whose `X-Forwarded-For` is trusted.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{ConfigError, Env, env::invalid_value};

/// Reads the variable: IP addresses and CIDR blocks.
pub(super) fn from_env(env: &Env) -> Result<Vec<IpNet>, ConfigError> {
    const NAME: &str = "TRUSTED_PROXIES";
    let expected = "must be addresses or CIDR blocks, such as 10.0.0.0/8, 192.168.1.7";
    let zero_bits = "must be CIDR blocks whose bits after the prefix are zero, such as";
    env.list(NAME)?
        .map(|raw| {
            let block = raw
                .parse::<IpNet>()
                .or_else(|_no_block| raw.parse::<IpAddr>().map(IpNet::from))
                .map_err(|_no_address| invalid_value(NAME, &expected, raw))?;
            // 10.1.2.3/8 may be meant as one address, and would trust 16 million.
            if block.trunc() != block {
                let expected = format!("{zero_bits} {}", block.trunc());
                return Err(invalid_value(NAME, &expected, raw));
            }
            Ok(block)
        })
        .collect()
}
