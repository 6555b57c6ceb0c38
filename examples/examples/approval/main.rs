//! A long job asks for approval in the middle of its call, and waits for the answer.
//!
//! ```text
//! cargo run --example approval
//! ```
//!
//! A worker process would be at the other end of a network; here both ends share a process, and talk
//! over TCP. First the one who ordered the job approves it; then whoever of a whole team is first;
//! then nobody does in time; and last the one who ordered it loses patience.

#![allow(
    unreachable_pub,
    reason = "in a program, `pub` says what a module offers to the others"
)]

mod service;
mod worker;

use std::time::Duration;

use ringback::{Callback, CallbackProxy, Error, ErrorKind, Result, Server};
use tokio::time::{sleep, timeout};

use crate::service::{Plan, Workshop, WorkshopClient, WorkshopServer};
use crate::worker::Worker;

#[tokio::main]
async fn main() -> Result<()> {
    let server = Server::builder()
        .service(WorkshopServer::new(Worker))
        .bind("127.0.0.1:0")
        .await?;
    let address = server.local_addr();
    tokio::spawn(server.run());
    let workshop = WorkshopClient::connect(address).await?;

    println!("-- one approver, who reads the plan");
    let approve = async |plan: Plan| {
        println!("   approver: {} is fine with me", plan.summary);
        Ok(plan.files.len() < 10)
    };
    let report = workshop.tidy("logs", approve).await?;
    println!("   {report}");

    println!("-- the first of a team");
    let team = vec![
        teammate("Ann", Duration::from_secs(60)),
        teammate("Ben", Duration::from_millis(50)),
        teammate("Cleo", Duration::from_secs(60)),
    ];
    let report = workshop.tidy_with_team("cache", team).await?;
    println!("   {report}");

    println!("-- an approver who is away, and a deadline");
    let impatient = workshop.with_timeout(Duration::from_millis(200));
    let error = impatient.tidy("mail", away()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    println!("   {error}");

    println!("-- the customer leaves before the approver is back");
    let order = workshop.tidy("photos", away());
    match timeout(Duration::from_millis(200), order).await {
        Ok(report) => println!("   {}", report?),
        Err(_) => println!("   customer: never mind"), // dropping the call cancelled the job
    }
    // The last words of the worker are on their way.
    let report = workshop.tidy("desk", async |_: Plan| Ok(false)).await?;
    println!("   {report}");
    Ok(())
}

/// Says yes, after a while. Whoever is no longer needed hears nothing but that the call was given up.
fn teammate(name: &'static str, pause: Duration) -> CallbackProxy<Plan, bool> {
    CallbackProxy::new(async move |plan: Plan| {
        let _notice = Notice(name);
        sleep(pause).await;
        println!("   {name}: go ahead, {}", plan.summary);
        Ok(true)
    })
}

/// Approves nothing for a long time.
fn away() -> impl Callback<Plan, bool> {
    async |_: Plan| {
        sleep(Duration::from_secs(3600)).await;
        Err(Error::application("nobody is here"))
    }
}

/// Tells when somebody was asked and is done, one way or the other.
struct Notice(&'static str);

impl Drop for Notice {
    fn drop(&mut self) {
        println!("   {} puts the plan away", self.0);
    }
}
