//! The store of uploaded files, encrypted before they are written.

use std::{path::Path, sync::Arc};

use chrono::{DateTime, Utc};
use object_store::{
    ObjectStore, ObjectStoreExt, PutPayload, local::LocalFileSystem, memory::InMemory, path::Path as At,
};

use super::{Tx, Vault};
use crate::kernel::{Error, FileId, NetworkId, Result};

/// The keys, and the store of uploaded files, which it keeps encrypted.
#[derive(Debug)]
pub struct Safe {
    vault: Vault,
    files: Arc<dyn ObjectStore>,
}

impl Safe {
    /// A safe with its files in a folder, created if missing.
    pub fn in_folder(vault: Vault, folder: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { vault, files: Arc::new(LocalFileSystem::new_with_prefix(folder)?.with_automatic_cleanup(true)) })
    }

    /// A safe for tests, whose files disappear with it.
    pub fn in_memory(vault: Vault) -> Self {
        Self { vault, files: Arc::new(InMemory::new()) }
    }

    pub(super) fn vault(&self) -> &Vault {
        &self.vault
    }
}

/// Path of a file in the store: one folder per network, split by the last two digits of the id.
fn at(network: NetworkId, id: FileId) -> At {
    let name = id.0.simple().to_string();
    At::from(format!("{}/{}/{name}", network.0.simple(), &name[name.len() - 2..]))
}

fn what(id: FileId) -> String {
    format!("file:{id}")
}

fn unkept(error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::NotFound,
        other => {
            tracing::error!(error = %other, "the file store failed");
            Error::Unavailable
        }
    }
}

/// A file in the store, perhaps without a row in the database.
#[derive(Debug)]
pub struct Lying {
    pub id: FileId,
    pub since: DateTime<Utc>,
}

impl Tx {
    /// Writes a file to the store. A rollback does not undo it: a later sweep deletes files
    /// without a row.
    pub async fn put_file(&self, id: FileId, bytes: &[u8]) -> Result<()> {
        let network = self.scope().network;
        let sealed = self.safe().vault.seal(network, &what(id), bytes)?;
        self.safe().files.put(&at(network, id), PutPayload::from(sealed)).await.map_err(unkept)?;
        Ok(())
    }

    /// Reads and decrypts a file.
    pub async fn file(&self, id: FileId) -> Result<Vec<u8>> {
        let network = self.scope().network;
        let kept = self.safe().files.get(&at(network, id)).await.map_err(unkept)?;
        self.safe().vault.open(network, &what(id), &kept.bytes().await.map_err(unkept)?)
    }

    /// Deletes a file; succeeds if it is already gone.
    pub async fn delete_file(&self, id: FileId) -> Result<()> {
        match self.safe().files.delete(&at(self.scope().network, id)).await.map_err(unkept) {
            Err(Error::NotFound) => Ok(()),
            other => other,
        }
    }

    /// All files of this network in the store.
    pub async fn lying_files(&self) -> Result<Vec<Lying>> {
        let folder = At::from(self.scope().network.0.simple().to_string());
        let listed = self.safe().files.list_with_delimiter(Some(&folder)).await.map_err(unkept)?;
        let mut lying = vec![];
        for part in listed.common_prefixes {
            let inside = self.safe().files.list_with_delimiter(Some(&part)).await.map_err(unkept)?;
            lying.extend(inside.objects.into_iter().filter_map(|object| {
                let id = object.location.filename()?.parse().ok()?;
                Some(Lying { id: FileId(id), since: object.last_modified })
            }));
        }
        Ok(lying)
    }
}
