//! Encryption of data that must not be readable on a disk or in a backup, with a key kept outside
//! the database.

use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

use super::Tx;
use crate::kernel::{Error, NetworkId, Result};

/// Prefix of every ciphertext that names the key used, so that keys can be rotated later.
const FIRST_KEY: u8 = 1;
const NONCE: usize = 24;

type HmacSha256 = Hmac<Sha256>;

/// The two keys derived from an installation's secret: one encrypts, the other makes
/// fingerprints, which find equal values without decrypting them.
pub struct Vault {
    cipher: XChaCha20Poly1305,
    index: [u8; 32],
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

fn keyed(secret: &[u8; 32], parts: &[&[u8]]) -> Result<[u8; 32]> {
    let mut mac = <HmacSha256 as hmac::KeyInit>::new_from_slice(secret).map_err(Error::bug)?;
    for part in parts {
        // Length-prefixed, so that no two lists of parts give the same input.
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().into())
}

impl Vault {
    pub fn new(secret: &[u8; 32]) -> Result<Self> {
        let sealing = keyed(secret, &[b"station-network seal 1"])?;
        Ok(Self {
            cipher: XChaCha20Poly1305::new(&Key::from(sealing)),
            index: keyed(secret, &[b"station-network index 1"])?,
        })
    }

    /// Encrypts bytes, bound to their network and to `what`: they decrypt only with both.
    pub fn seal(&self, network: NetworkId, what: &str, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).map_err(Error::bug)?;
        let bound = format!("{network}:{what}");
        let payload = Payload { msg: bytes, aad: bound.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload).map_err(Error::bug)?;
        Ok([&[FIRST_KEY][..], &nonce, &sealed].concat())
    }

    /// Decrypts what [`Vault::seal`] encrypted for the same network and `what`.
    pub fn open(&self, network: NetworkId, what: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let (nonce, sealed) = match sealed.split_first() {
            Some((&FIRST_KEY, rest)) if rest.len() > NONCE => rest.split_at(NONCE),
            _ => return Err(Error::bug(format!("{what} is not sealed as we seal"))),
        };
        let nonce: [u8; NONCE] = nonce.try_into().map_err(Error::bug)?;
        let bound = format!("{network}:{what}");
        self.cipher
            .decrypt(&XNonce::from(nonce), Payload { msg: sealed, aad: bound.as_bytes() })
            .map_err(|_| Error::bug(format!("{what} does not open: another key, or not what was sealed")))
    }

    /// A keyed hash: equal for equal values of one network, and reveals nothing about them.
    pub fn fingerprint(&self, network: NetworkId, what: &str, value: &str) -> Result<Vec<u8>> {
        Ok(keyed(&self.index, &[network.0.as_bytes(), what.as_bytes(), value.as_bytes()])?.to_vec())
    }
}

impl Tx {
    /// Encrypts a column's text for one row; blank gives `None`.
    pub fn seal(&self, column: &str, row: impl std::fmt::Display, text: &str) -> Result<Option<Vec<u8>>> {
        if text.is_empty() {
            return Ok(None);
        }
        self.safe().vault().seal(self.scope().network, &format!("{column}:{row}"), text.as_bytes()).map(Some)
    }

    /// Decrypts what [`Tx::seal`] encrypted; `None` gives a blank.
    pub fn open(&self, column: &str, row: impl std::fmt::Display, sealed: Option<&[u8]>) -> Result<String> {
        let Some(sealed) = sealed else { return Ok(String::new()) };
        let bytes = self.safe().vault().open(self.scope().network, &format!("{column}:{row}"), sealed)?;
        String::from_utf8(bytes).map_err(Error::bug)
    }

    /// Fingerprint of a value, to find equal values of a column in this network.
    pub fn fingerprint(&self, column: &str, value: &str) -> Result<Vec<u8>> {
        self.safe().vault().fingerprint(self.scope().network, column, value)
    }

    /// Derives a code from `value` with this network's key, to hand out on paper: 16 letters and
    /// digits without look-alikes, 80 bits. Store only its [`code_hash`].
    pub fn code(&self, column: &str, value: &str) -> Result<String> {
        Ok(code_of(&self.fingerprint(column, value)?))
    }
}

fn code_of(fingerprint: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    let bits = fingerprint.iter().take(10).fold(0_u128, |bits, byte| bits << 8 | u128::from(*byte));
    (0..16).rev().map(|at| char::from(LETTERS[usize::try_from(bits >> (at * 5) & 31).unwrap_or(0)])).collect()
}

/// Hash that finds a code however it is typed: in any case, with blanks or dashes.
pub fn code_hash(typed: &str) -> Vec<u8> {
    let plain: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    Sha256::digest(plain.to_ascii_lowercase().as_bytes()).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_where_it_belongs() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let (one, two) = (NetworkId::new(), NetworkId::new());
        let sealed = vault.seal(one, "persons.phone:1", b"13800000000").unwrap();

        assert_eq!(vault.open(one, "persons.phone:1", &sealed).unwrap(), b"13800000000");
        assert!(vault.open(two, "persons.phone:1", &sealed).is_err(), "another network");
        assert!(vault.open(one, "persons.phone:2", &sealed).is_err(), "another row");
        assert!(Vault::new(&[8; 32]).unwrap().open(one, "persons.phone:1", &sealed).is_err(), "another key");
        assert_ne!(sealed, vault.seal(one, "persons.phone:1", b"13800000000").unwrap(), "never the same twice");
    }

    #[test]
    fn equal_values_of_one_network_have_one_fingerprint() {
        let vault = Vault::new(&[7; 32]).unwrap();
        let (one, two) = (NetworkId::new(), NetworkId::new());
        let of = |network, value| vault.fingerprint(network, "persons.id_number", value).unwrap();
        assert_eq!(of(one, "11010519491231002X"), of(one, "11010519491231002X"));
        assert_ne!(of(one, "11010519491231002X"), of(two, "11010519491231002X"));
        assert_ne!(of(one, "11010519491231002X"), of(one, "110105194912310021"));
    }

    #[test]
    fn a_code_is_found_however_it_is_typed() {
        let code = code_of(&[0x9f; 32]);
        assert_eq!(code.len(), 16);
        assert!(!code.contains(['i', 'l', 'o', 'u']));
        let typed = format!("{} {}-{}", &code[..4].to_uppercase(), &code[4..8], &code[8..]);
        assert_eq!(code_hash(&typed), code_hash(&code));
        assert_ne!(code_of(&[0x9e; 32]), code);
    }
}
