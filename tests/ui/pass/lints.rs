//! What is written on methods is carried over, and no lint fires on what is generated.

#![deny(
    missing_docs,
    missing_debug_implementations,
    dead_code,
    unnameable_types,
    unreachable_pub,
    unused,
    elided_lifetimes_in_paths,
    unused_qualifications,
    single_use_lifetimes,
    unit_bindings
)]
#![deny(deprecated)]

use ringback::{Result, service};

/// A part of the crate that others see.
pub mod public {
    use ringback::{Callback, Result, service};

    /// Hears of changes.
    #[service]
    pub trait Listener {
        /// Something changed.
        async fn changed(&self, key: &str, bytes: &[u8]) -> Result<()>;
    }

    /// Keeps listeners.
    #[service]
    pub trait Registry {
        /// Adds one.
        #[oneway]
        async fn add(
            &self,
            key: String,
            #[callback] listener: impl Listener,
            #[callback] done: Option<impl Callback<u8>>,
        ) -> Result<()>;

        /// Was there before.
        #[deprecated = "use `add`"]
        #[timeout("5s")]
        async fn insert_one(&self, #[callback] listener: impl Listener) -> Result<()>;

        /// Only on a platform that nobody has.
        #[cfg(target_os = "none")]
        #[idempotent]
        async fn missing(&self, never: Nowhere) -> Result<()>;

        /// Says what it has, by itself.
        #[serial]
        async fn says(&self, prefix: &str) -> Result<String> {
            Ok(format!("{prefix} nothing"))
        }
    }

    /// Is told of news, alone or with others.
    #[service(group)]
    pub trait Reader {
        /// There is something new.
        async fn news(
            &self,
            text: String,
            #[callback(overflow = "latest")] more: impl Listener,
        ) -> Result<()>;

        /// There will be nothing more.
        #[oneway]
        #[deprecated = "nobody needs it"]
        async fn end(&self) -> Result<()> {
            Ok(())
        }
    }

    /// Gone with its attribute.
    #[cfg(target_os = "none")]
    #[service]
    pub trait Missing {
        /// Of a type that does not exist.
        async fn never(&self, never: Nowhere) -> Result<()>;
    }

    /// Superseded as a whole.
    #[deprecated = "use `Registry`"]
    #[service]
    pub trait Old {
        /// Does nothing.
        async fn act(&self) -> Result<()>;
    }
}

/// A service that stays in its crate: nobody uses its client, its server or its proxy.
#[service]
pub(crate) trait Internal {
    async fn act(&self) -> Result<()>;
}

mod private {
    use ringback::{Result, service};

    #[service]
    pub(super) trait Deep {
        #[spawn]
        async fn act(&self, numbers: Vec<u64>) -> Result<u64>;
    }
}

struct Store;

impl public::Registry for Store {
    async fn add(
        &self,
        _key: String,
        listener: impl public::Listener,
        _done: Option<impl ringback::Callback<u8>>,
    ) -> Result<()> {
        listener.changed("key", &[]).await
    }

    #[allow(deprecated)]
    async fn insert_one(&self, _listener: impl public::Listener) -> Result<()> {
        Ok(())
    }
}

async fn uses(internal: impl Internal, deep: impl private::Deep) -> Result<u64> {
    internal.act().await?;
    deep.act(vec![1]).await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    use public::{ListenerProxy, Registry as _};

    let listener = async |_key: &str, _bytes: &[u8]| Ok(());
    Store
        .add("key".into(), listener, None::<ringback::CallbackProxy<u8>>)
        .await?;
    assert_eq!(Store.says("I have").await?, "I have nothing");
    drop(ListenerProxy::new(listener));
    let group = ringback::Group::<u8, public::ReaderProxy>::new();
    public::Reader::news(&group, "news".into(), listener).await?;
    assert_eq!(uses(async || Ok(()), async |n: Vec<u64>| Ok(n[0])).await?, 1);
    Ok(())
}
