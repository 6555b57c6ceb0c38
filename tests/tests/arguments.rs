//! Every form that an argument can have, there and back.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Mutex;

use ringback::{Client, Result, Server, service};
use ringback_tests::{Ends, Over, meet, over_both};
use serde::{Deserialize, Serialize};

over_both!(
    bytes_arrive_also_where_there_are_none,
    texts_arrive,
    values_are_lent,
    slices_are_lent,
    what_borrows_is_read_in_place,
    closures_take_every_form,
);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Plan {
    name: String,
    steps: Vec<u32>,
}

/// Borrows from the frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Event<'a> {
    id: u64,
    #[serde(borrow)]
    text: &'a str,
    #[serde(borrow, with = "serde_bytes")]
    data: &'a [u8],
    #[serde(skip_serializing_if = "Option::is_none", default)]
    note: Option<&'a str>,
}

/// Answers with what it was given, as text.
#[service]
trait Echo {
    async fn bytes(&self, bytes: &[u8]) -> Result<String>;
    async fn optional_bytes(&self, bytes: Option<&[u8]>) -> Result<String>;
    async fn cow_bytes(&self, bytes: Cow<'_, [u8]>) -> Result<String>;
    async fn owned_bytes(&self, bytes: Vec<u8>, more: Option<Vec<u8>>) -> Result<String>;
    async fn all_bytes(&self, a: &[u8], b: Option<&[u8]>, c: &[u8], d: &str) -> Result<String>;

    async fn text(&self, text: &str) -> Result<String>;
    async fn optional_text(&self, text: Option<&str>) -> Result<String>;
    async fn cow_text(&self, text: Cow<'_, str>) -> Result<String>;
    async fn path(&self, path: &Path, more: Option<&Path>) -> Result<String>;

    async fn lent(&self, plan: &Plan) -> Result<String>;
    async fn optional(&self, plan: Option<&Plan>) -> Result<String>;
    async fn slice(&self, plans: &[Plan]) -> Result<String>;
    async fn optional_slice(&self, plans: Option<&[Plan]>) -> Result<String>;
    async fn texts(&self, texts: &[&str], more: Option<&[&str]>) -> Result<String>;

    async fn event(&self, event: Event<'_>) -> Result<String>;
    async fn lent_event(&self, event: &Event<'_>) -> Result<String>;
    async fn optional_event(&self, event: Option<&Event<'_>>) -> Result<String>;
    async fn events(&self, events: &[Event<'_>], more: Option<Vec<Event<'_>>>) -> Result<String>;
}

struct Echoes;

/// Shows all of them as one text.
macro_rules! shown {
    ($($value:expr),*) => {
        Ok(format!("{:?}", ($($value,)*)))
    };
}

impl Echo for Echoes {
    async fn bytes(&self, bytes: &[u8]) -> Result<String> {
        shown!(bytes)
    }
    async fn optional_bytes(&self, bytes: Option<&[u8]>) -> Result<String> {
        shown!(bytes)
    }
    async fn cow_bytes(&self, bytes: Cow<'_, [u8]>) -> Result<String> {
        shown!(bytes)
    }
    async fn owned_bytes(&self, bytes: Vec<u8>, more: Option<Vec<u8>>) -> Result<String> {
        shown!(bytes, more)
    }
    async fn all_bytes(&self, a: &[u8], b: Option<&[u8]>, c: &[u8], d: &str) -> Result<String> {
        shown!(a, b, c, d)
    }
    async fn text(&self, text: &str) -> Result<String> {
        shown!(text)
    }
    async fn optional_text(&self, text: Option<&str>) -> Result<String> {
        shown!(text)
    }
    async fn cow_text(&self, text: Cow<'_, str>) -> Result<String> {
        shown!(text)
    }
    async fn path(&self, path: &Path, more: Option<&Path>) -> Result<String> {
        shown!(path, more)
    }
    async fn lent(&self, plan: &Plan) -> Result<String> {
        shown!(plan)
    }
    async fn optional(&self, plan: Option<&Plan>) -> Result<String> {
        shown!(plan)
    }
    async fn slice(&self, plans: &[Plan]) -> Result<String> {
        shown!(plans)
    }
    async fn optional_slice(&self, plans: Option<&[Plan]>) -> Result<String> {
        shown!(plans)
    }
    async fn texts(&self, texts: &[&str], more: Option<&[&str]>) -> Result<String> {
        shown!(texts, more)
    }
    async fn event(&self, event: Event<'_>) -> Result<String> {
        shown!(event)
    }
    async fn lent_event(&self, event: &Event<'_>) -> Result<String> {
        shown!(event)
    }
    async fn optional_event(&self, event: Option<&Event<'_>>) -> Result<String> {
        shown!(event)
    }
    async fn events(&self, events: &[Event<'_>], more: Option<Vec<Event<'_>>>) -> Result<String> {
        shown!(events, more)
    }
}

async fn echo(over: Over) -> (EchoClient, Ends) {
    let server = Server::builder().service(EchoServer::new(Echoes));
    let ends = meet(over, server, Client::builder()).await;
    (ends.service(), ends)
}

/// Calls a method of the far end and of the near one, which are to agree.
macro_rules! same {
    ($far:ident.$method:ident($($argument:expr),*)) => {
        assert_eq!(
            $far.$method($($argument),*).await.unwrap(),
            Echoes.$method($($argument),*).await.unwrap(),
        );
    };
}

async fn bytes_arrive_also_where_there_are_none(over: Over) {
    let (far, _ends) = echo(over).await;
    let large = vec![0xc1; 70_000];
    for bytes in [&b""[..], b"\0", b"\x90\xc4\xff", &large] {
        same!(far.bytes(bytes));
        same!(far.optional_bytes(Some(bytes)));
        same!(far.cow_bytes(Cow::Borrowed(bytes)));
        same!(far.cow_bytes(Cow::Owned(bytes.to_vec())));
        same!(far.owned_bytes(bytes.to_vec(), Some(bytes.to_vec())));
        same!(far.all_bytes(bytes, Some(bytes), b"", "after"));
        same!(far.all_bytes(bytes, None, bytes, ""));
    }
    same!(far.optional_bytes(None));
    same!(far.owned_bytes(Vec::new(), None));
}

async fn texts_arrive(over: Over) {
    let (far, _ends) = echo(over).await;
    for text in ["", "x", "Grüße", &"long ".repeat(20_000)] {
        same!(far.text(text));
        same!(far.optional_text(Some(text)));
        same!(far.cow_text(Cow::Borrowed(text)));
        same!(far.cow_text(Cow::Owned(text.to_owned())));
        same!(far.path(Path::new(text), Some(Path::new(text))));
    }
    same!(far.optional_text(None));
    same!(far.path(Path::new("a"), None));
}

fn plan() -> Plan {
    Plan {
        name: "tidy".to_owned(),
        steps: vec![1, 2, 3],
    }
}

async fn values_are_lent(over: Over) {
    let (far, _ends) = echo(over).await;
    same!(far.lent(&plan()));
    same!(far.optional(Some(&plan())));
    same!(far.optional(None));
}

async fn slices_are_lent(over: Over) {
    let (far, _ends) = echo(over).await;
    for plans in [&[][..], &[plan(), plan()]] {
        same!(far.slice(plans));
        same!(far.optional_slice(Some(plans)));
    }
    same!(far.optional_slice(None));
    same!(far.texts(&["one", ""], Some(&["two"])));
    same!(far.texts(&[], None));
}

async fn what_borrows_is_read_in_place(over: Over) {
    let (far, _ends) = echo(over).await;
    let full = Event {
        id: 7,
        text: "text",
        data: b"data",
        note: Some("note"),
    };
    let bare = Event {
        id: u64::MAX,
        text: "",
        data: b"",
        note: None,
    };
    for event in [&full, &bare] {
        same!(far.event(event.clone()));
        same!(far.lent_event(event));
        same!(far.optional_event(Some(event)));
        same!(far.events(std::slice::from_ref(event), Some(vec![event.clone()])));
    }
    same!(far.optional_event(None));
    same!(far.events(&[], None));
}

#[service]
trait Listener {
    #[expect(clippy::too_many_arguments, reason = "one of each form")]
    async fn hears(
        &self,
        text: Option<&str>,
        bytes: &[u8],
        more: Option<&[u8]>,
        cow: Cow<'_, str>,
        plan: &Plan,
        plans: &[Plan],
        event: &Event<'_>,
        maybe: Option<&Plan>,
    ) -> Result<u32>;
}

#[service]
trait Tells {
    async fn tell(&self, #[callback] listener: impl Listener) -> Result<u32>;
}

struct Teller;

impl Tells for Teller {
    async fn tell(&self, listener: impl Listener) -> Result<u32> {
        let event = Event {
            id: 1,
            text: "text",
            data: b"",
            note: None,
        };
        let (cow, plans) = (Cow::Borrowed("cow"), [plan(), plan()]);
        listener
            .hears(None, b"", Some(b""), cow, &plan(), &plans, &event, None)
            .await
    }
}

async fn closures_take_every_form(over: Over) {
    let server = Server::builder().service(TellsServer::new(Teller));
    let ends = meet(over, server, Client::builder()).await;
    let heard = std::sync::Arc::new(Mutex::new(String::new()));
    let log = heard.clone();
    let listener = async move |text: Option<&str>,
                               bytes: &[u8],
                               more: Option<&[u8]>,
                               cow: Cow<'_, str>,
                               plan: &Plan,
                               plans: &[Plan],
                               event: &Event<'_>,
                               maybe: Option<&Plan>| {
        let all = format!(
            "{text:?} {bytes:?} {more:?} {cow:?} {} {event:?}",
            plan.name
        );
        *log.lock().unwrap() = format!("{all} {} {maybe:?}", plans.len());
        Ok(3)
    };
    let tells: TellsClient = ends.service();
    assert_eq!(tells.tell(listener).await.unwrap(), 3);
    assert_eq!(
        *heard.lock().unwrap(),
        "None [] Some([]) \"cow\" tidy \
         Event { id: 1, text: \"text\", data: [], note: None } 2 None"
    );
}
