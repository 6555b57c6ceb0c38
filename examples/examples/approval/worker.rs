//! The end that works, and asks.

use std::time::Duration;

use ringback::{Callback, CallbackProxy, Error, Group, Result, context};

use crate::service::{Plan, Workshop};

/// Works for whoever calls.
pub struct Worker;

impl Workshop for Worker {
    async fn tidy(&self, place: &str, approve: impl Callback<Plan, bool>) -> Result<String> {
        let mut job = Job::begin(place).await;
        // A call like any other. The deadline of the call that is being served goes along with it.
        let approved = approve.call(job.plan()).await?;
        Ok(job.finish(approved))
    }

    async fn tidy_with_team(
        &self,
        place: &str,
        team: Vec<CallbackProxy<Plan, bool>>,
    ) -> Result<String> {
        let mut job = Job::begin(place).await;
        let group = Group::new();
        for (number, approver) in team.into_iter().enumerate() {
            group.insert(number, approver);
        }
        let plan = job.plan();
        let mut answers = group.ask(async |approver| approver.call(plan.clone()).await);
        while let Some((number, answer)) = answers.next().await {
            match answer {
                Ok(approved) => return Ok(job.finish(approved)), // drops `answers`: the rest is cancelled
                Err(error) => println!("   worker: approver {number} fails: {error}"),
            }
        }
        Err(Error::application("nobody on the team could answer"))
    }
}

/// Work that has begun. Dropped before its end, it says so.
struct Job {
    place: String,
    finished: bool,
}

impl Job {
    async fn begin(place: &str) -> Self {
        println!("   worker: looking into the {place}");
        if let Some(left) = context().time_left() {
            println!("   worker: {} ms at most", left.as_millis());
        }
        tokio::time::sleep(Duration::from_millis(20)).await; // the part that needs nobody's approval
        Self {
            place: place.to_owned(),
            finished: false,
        }
    }

    fn plan(&self) -> Plan {
        Plan {
            summary: format!("throwing away the old {}", self.place),
            files: vec![format!("{}.1", self.place), format!("{}.2", self.place)],
        }
    }

    fn finish(&mut self, approved: bool) -> String {
        self.finished = true;
        match approved {
            true => format!("{}: tidy now", self.place),
            false => format!("{}: left as it was", self.place),
        }
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        if !self.finished {
            println!("   worker: stopped; {}: left as it was", self.place);
        }
    }
}
