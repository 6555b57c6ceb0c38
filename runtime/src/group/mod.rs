//! Groups: many callbacks that are called as one.

mod ask;
mod cast;
mod failures;
mod local;
mod members;
mod together;

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;
use std::sync::Arc;

pub use ask::Ask;
pub use cast::cast;
pub use failures::GroupFailure;

use failures::Failures;
use members::Members;

use crate::session::ProxyType;

/// Callbacks under keys, that are called as one.
///
/// A group of the proxies of a trait that is marked `#[service(group)]` implements that trait itself,
/// so `group.changed(message)` calls every member:
///
/// - The arguments are serialised once, for all members whose peers want structs in the same form.
/// - The call goes to every member that has room before it waits for any. Then it waits for the
///   others: for a `#[oneway]` method until they took it, as their overflow policy says, and for
///   another one until they answered. Dropping the call gives up those that it still waits for.
/// - Members that close leave by themselves: whose connection ended, whose owner revoked them, or
///   that did not keep up where their overflow policy is to close.
/// - A member that fails harms no other, nor does one that panics, also if it is an object of this
///   process. The call itself fails only if its arguments cannot be serialised. Who failed, and why,
///   is logged, and [`failed`](Self::failed) and [`take_failures`](Self::take_failures) tell it.
///
/// A method of any trait is called on each member with [`ask`](Self::ask), which gives the answers.
///
/// Clones of a group are the same group. Where two calls are made one after the other, each member
/// gets them in that order.
///
/// ```
/// use ringback::{Group, Result, service};
///
/// #[service(group)]
/// pub trait Listener {
///     async fn changed(&self, message: String) -> Result<()>;
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let group = Group::new();
/// for name in ["one", "two"] {
///     let listener = async move |message: String| {
///         println!("{name}: {message}");
///         Ok(())
///     };
///     group.insert(name, ListenerProxy::new(listener));
/// }
/// group.changed("hello".into()).await?;
/// assert_eq!(group.len(), 2);
/// # Ok(())
/// # }
/// ```
///
/// The idea is that of a process group or a multicast channel (`pg` in Erlang, broadcast groups of
/// chat servers), with one delivery per member that can fail and be waited for.
pub struct Group<K, P: ProxyType>(Arc<Shared<K, P>>);

struct Shared<K, P: ProxyType> {
    members: Members<K, P>,
    /// Whether members that fail leave.
    strict: bool,
    failures: Failures<K>,
}

impl<K, P> Group<K, P>
where
    K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    P: ProxyType,
{
    /// An empty group, whose members stay when a call to them fails.
    #[must_use]
    pub fn new() -> Self {
        Self::empty(false)
    }

    /// An empty group, whose members leave when a call to them fails, for whatever reason. A timeout
    /// that a member's proxy got by `with_timeout` so bounds how long a silent one is put up with.
    #[must_use]
    pub fn strict() -> Self {
        Self::empty(true)
    }

    fn empty(strict: bool) -> Self {
        Self(Arc::new(Shared {
            members: Members::default(),
            strict,
            failures: Failures::default(),
        }))
    }

    /// Adds a member, and gives the one that had this key before. One that is closed already leaves
    /// at once.
    pub fn insert(&self, key: K, member: P) -> Option<P> {
        let (member, replaced) = self.0.members.insert(key, member, &self.0);
        member.watch();
        replaced.map(|replaced| replaced.proxy.clone())
    }

    /// Takes a member out. Calls to it that are under way go on.
    pub fn remove<Q>(&self, key: &Q) -> Option<P>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let removed = self.0.members.remove(key)?;
        Some(removed.proxy.clone())
    }

    /// Takes exactly this member out: not another one that has its key by now. Tells whether it did.
    pub fn remove_member<Q>(&self, key: &Q, member: &P) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let reference = member.reference();
        match self.0.members.get(key) {
            Some(found) if found.proxy.reference() == reference => self.0.members.leave(&found),
            _ => false,
        }
    }

    /// The member of that key.
    pub fn get<Q>(&self, key: &Q) -> Option<P>
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        let member = self.0.members.get(key)?;
        Some(member.proxy.clone())
    }

    /// Whether there is a member of that key.
    pub fn contains_key<Q>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.0.members.get(key).is_some()
    }

    /// The members' keys, in the order in which they came.
    pub fn keys(&self) -> Vec<K> {
        let members = self.0.members.snapshot();
        members.iter().map(|member| member.key.clone()).collect()
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.0.members.len()
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `question` with each member, all at once, and gives a stream of the keys and outcomes as
    /// they come in. So the first answer is the first item, all are all items, and a quorum is so many
    /// of them. Dropping the stream cancels the calls that are still open. Nothing is called before
    /// the stream is polled, and then everybody is, before the first answer comes out. Should `question` panic, or a member that is an object of this process,
    /// it does so where the stream is polled, as in any call.
    ///
    /// ```
    /// use ringback::{Group, Result, service};
    ///
    /// #[service]
    /// pub trait Approver {
    ///     async fn approve(&self, plan: String) -> Result<bool>;
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<()> {
    /// let group = Group::new();
    /// group.insert(1, ApproverProxy::new(async |plan: String| Ok(plan.len() < 10)));
    /// group.insert(2, ApproverProxy::new(async |_plan: String| Ok(true)));
    ///
    /// // Ask all, and see whether one says no.
    /// let mut answers = group.ask(async |member| member.approve("a plan that is long".into()).await);
    /// let mut refused_by = None;
    /// while let Some((key, answer)) = answers.next().await {
    ///     if !answer? {
    ///         refused_by = Some(key);
    ///     }
    /// }
    /// assert_eq!(refused_by, Some(1));
    /// # Ok(())
    /// # }
    /// ```
    pub fn ask<T, F, Fut>(&self, question: F) -> Ask<K, Fut>
    where
        F: AsyncFn(P) -> T + FnOnce(P) -> Fut + Clone,
        Fut: Future<Output = T> + Send,
    {
        let members = self.0.members.snapshot();
        members
            .iter()
            .map(|member| {
                let answer = question.clone()(member.proxy.clone());
                (member.key.clone(), answer)
            })
            .collect()
    }

    /// Waits for a member to fail or to leave by itself, and tells which and why. Each failure is
    /// told once, to one who asks. The latest 1,024 that nobody asked for are kept.
    pub async fn failed(&self) -> GroupFailure<K> {
        self.0.failures.next().await
    }

    /// The failures that nobody has been told yet, the oldest first.
    pub fn take_failures(&self) -> Vec<GroupFailure<K>> {
        self.0.failures.take()
    }
}

impl<K, P: ProxyType> Clone for Group<K, P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, P> Default for Group<K, P>
where
    K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    P: ProxyType,
{
    fn default() -> Self {
        Self::new()
    }
}

impl<K, P> fmt::Debug for Group<K, P>
where
    K: Clone + Eq + Hash + fmt::Debug + Send + Sync + 'static,
    P: ProxyType,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Group").field(&self.keys()).finish()
    }
}
