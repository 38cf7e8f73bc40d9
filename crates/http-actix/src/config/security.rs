//! `SECRET_KEY`, `ALGORITHM`, `ACCESS_TOKEN_EXPIRE_MINUTES`, `REFRESH_ROTATION`, `BCRYPT_COST`:
//! tokens and passwords.

use std::path::Path;

use chrono::TimeDelta;
use domain::account::{SessionLifetimes, service::RefreshRotation};

use super::{ConfigError, Env, Secret, SecretConfig};
use crate::adapters::{BcryptCost, JwtAlgorithm};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecurityConfig {
    pub(crate) secret: SecretConfig,
    pub(crate) algorithm: JwtAlgorithm,
    pub(crate) lifetimes: SessionLifetimes,
    /// Whether a refresh returns a new refresh token.
    pub(crate) rotation: RefreshRotation,
    pub(crate) bcrypt_cost: BcryptCost,
}

impl SecurityConfig {
    const DEFAULT_BCRYPT_COST: u32 = 12;
    /// At cost 16 a login takes four seconds of a core.
    const MAX_BCRYPT_COST: u32 = 16;
    const REFRESH_TOKEN_TTL: TimeDelta = TimeDelta::days(7);
    /// A year.
    const MAX_ACCESS_TOKEN_MINUTES: i64 = 525_600;

    /// Reads the variables. Without a secret the one in the data directory is used.
    pub(super) fn from_env(env: &Env, data_dir: &Path) -> Result<Self, ConfigError> {
        let secret = match env.verbatim("SECRET_KEY")? {
            Some(secret) => Some(secret),
            None => env.verbatim("JWT_SECRET")?,
        };
        if let Some(blank) = secret.filter(|secret| secret.trim().is_empty()) {
            let problem = format!("must be a key, not {} blanks", blank.chars().count());
            return Err(ConfigError::new("SECRET_KEY", problem));
        }
        let algorithm = match env.parse_with("ALGORITHM", str::parse)? {
            Some(algorithm) => Some(algorithm),
            None => env.parse_with("JWT_ALGORITHM", str::parse)?,
        };
        let minutes =
            env.number("ACCESS_TOKEN_EXPIRE_MINUTES", &(1..=Self::MAX_ACCESS_TOKEN_MINUTES), &60)?;
        let costs = BcryptCost::MIN..=Self::MAX_BCRYPT_COST;
        let cost = env
            .number("BCRYPT_COST", &costs, &Self::DEFAULT_BCRYPT_COST)?
            .unwrap_or(Self::DEFAULT_BCRYPT_COST);
        Ok(Self {
            secret: secret.map_or_else(
                || SecretConfig::File(data_dir.join("secret.key")),
                |secret| SecretConfig::Value(Secret::new(secret)),
            ),
            algorithm: algorithm.unwrap_or_default(),
            lifetimes: SessionLifetimes {
                access: TimeDelta::minutes(minutes.unwrap_or(60)),
                refresh: Self::REFRESH_TOKEN_TTL,
            },
            rotation: match env.on_or_off("REFRESH_ROTATION")? {
                Some(true) => RefreshRotation::On,
                Some(false) | None => RefreshRotation::Off,
            },
            bcrypt_cost: BcryptCost::new(cost)
                .map_err(|error| ConfigError::new("BCRYPT_COST", error.to_string()))?,
        })
    }
}
