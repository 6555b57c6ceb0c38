//! What the two ends share.

use ringback::{Callback, CallbackProxy, Result, service};
use serde::{Deserialize, Serialize};

/// What somebody has to approve.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Plan {
    pub summary: String,
    pub files: Vec<String>,
}

/// Does work that destroys something, and asks first.
#[service]
pub trait Workshop {
    /// Tidies up. `approve` is asked in the middle of the call.
    async fn tidy(
        &self,
        place: &str,
        #[callback] approve: impl Callback<Plan, bool>,
    ) -> Result<String>;

    /// Tidies up. The first answer of the team counts; the others are spared the trouble.
    async fn tidy_with_team(
        &self,
        place: &str,
        team: Vec<CallbackProxy<Plan, bool>>,
    ) -> Result<String>;
}
