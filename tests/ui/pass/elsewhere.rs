//! A service, its callbacks and its types, each in a module of its own and under other names than
//! where they are used; and `ringback` itself known by another path.

mod inner {
    pub mod rpc {
        pub use ringback as renamed;
    }

    pub mod types {
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct Plan {
            pub steps: Vec<String>,
        }
    }

    pub mod callbacks {
        use super::rpc::renamed::{Result, service};

        #[service(crate = crate::inner::rpc::renamed)]
        pub trait Listener {
            async fn changed(&self, plan: super::types::Plan) -> Result<()>;
        }

        #[service(crate = crate::inner::rpc::renamed, name = "approver", version = "2")]
        pub trait Approver {
            async fn approves(&self, plan: &super::types::Plan) -> Result<bool>;
        }
    }

    /// Services that name each other, and themselves.
    pub mod circles {
        use super::rpc::renamed::{Result, service};

        #[service(crate = crate::inner::rpc::renamed)]
        pub trait Ask {
            async fn asks(&self, #[callback] back: impl Answer) -> Result<u8>;
        }

        #[service(crate = crate::inner::rpc::renamed)]
        pub trait Answer {
            async fn answer(&self, #[callback] back: impl Ask, depth: u8) -> Result<u8>;
        }

        #[service(crate = crate::inner::rpc::renamed)]
        pub trait Again {
            async fn again(&self, #[callback] next: Option<impl Again>, depth: u8) -> Result<u8>;
        }
    }

    pub mod services {
        use super::callbacks::{self, Approver as Asked};
        use super::rpc::renamed::{self, Callback as Function, service};
        use super::types::Plan;

        #[service(crate = crate::inner::rpc::renamed, name = "planner")]
        pub trait Planner {
            async fn plan(
                &self,
                plan: Plan,
                #[callback] listener: impl callbacks::Listener,
                #[callback] approver: Option<impl Asked>,
                #[callback] steps: Vec<impl Function<String>>,
                #[callback] log: callbacks::ListenerProxy,
            ) -> renamed::Result<callbacks::ListenerProxy>;
        }
    }
}

use inner::callbacks::{ApproverProxy, Listener, ListenerProxy};
use inner::circles::{Again, AgainProxy, Answer, AnswerProxy, Ask, AskProxy};
use inner::rpc::renamed::{Callback, Client, Result, Server, transport::memory};
use inner::services::{Planner, PlannerClient, PlannerServer};
use inner::types::Plan;

struct Office;

impl Planner for Office {
    async fn plan(
        &self,
        plan: Plan,
        listener: impl Listener,
        approver: Option<impl inner::callbacks::Approver>,
        steps: Vec<impl Callback<String>>,
        log: ListenerProxy,
    ) -> Result<ListenerProxy> {
        if let Some(approver) = approver
            && approver.approves(&plan).await?
        {
            for (function, step) in steps.iter().zip(&plan.steps) {
                function.call(step.clone()).await?;
            }
        }
        listener.changed(plan.clone()).await?;
        log.changed(plan).await?;
        Ok(log)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let (here, there) = memory::pair();
    let server = Server::builder().service(PlannerServer::new(Office));
    let (_server, client) =
        tokio::join!(server.serve_io(there), Client::builder().connect_io(here));
    let planner = client?.service::<PlannerClient>();
    let plan = Plan {
        steps: vec!["one".to_owned(), "two".to_owned()],
    };
    let log = ListenerProxy::new(async |_plan: Plan| Ok(()));
    let step = async |_step: String| Ok(());
    let approves = async |plan: &Plan| Ok(plan.steps.len() == 2);
    let back = planner
        .plan(
            plan.clone(),
            async |_plan: Plan| Ok(()),
            Some(approves),
            vec![step, step],
            log.clone(),
        )
        .await?;
    assert_eq!(back, log);
    let none = Vec::<ringback::CallbackProxy<String>>::new();
    planner
        .plan(plan, log.clone(), None::<ApproverProxy>, none, log)
        .await?;

    let ask = AskProxy::new(async |back: AnswerProxy| {
        let nobody = async |_: AnswerProxy| Ok(1);
        back.answer(nobody, 2).await
    });
    let answer = async |back: AskProxy, depth: u8| match depth {
        0 => Ok(0),
        depth => Ok(depth + back.asks(async |_: AskProxy, _: u8| Ok(1)).await?),
    };
    assert_eq!(ask.asks(answer).await?, 3);
    let again = AgainProxy::new(async |next: Option<AgainProxy>, depth: u8| match next {
        Some(next) => next.again(None::<AgainProxy>, depth + 1).await,
        None => Ok(depth),
    });
    assert_eq!(again.again(Some(again.clone()), 0).await?, 1);
    Ok(())
}
