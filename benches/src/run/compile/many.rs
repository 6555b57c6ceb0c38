//! Programs with a trait of many methods.

const ITEM: &str = "
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub struct Item {
    pub id: u64,
    pub text: String,
}
";

/// The trait, and nothing that uses it.
pub(super) fn trait_alone(peer: &str, methods: usize) -> String {
    let of_trait = match peer {
        "tarpc" => tarpc_trait(methods),
        _ => ringback_trait(methods),
    };
    format!("#![allow(dead_code)]\n{ITEM}{of_trait}\nfn main() {{}}\n")
}

/// The trait, who serves it, and who calls each method.
pub(super) fn program(peer: &str, methods: usize) -> String {
    match peer {
        "tarpc" => tarpc_program(methods),
        _ => ringback_program(methods),
    }
}

fn each(methods: usize, line: impl Fn(usize) -> String) -> String {
    (0..methods).map(line).collect()
}

fn ringback_trait(methods: usize) -> String {
    let methods = each(methods, |n| {
        format!(
            "    async fn method_{n}(&self, item: Item, number: u32) -> ringback::Result<Item>;\n"
        )
    });
    format!("#[ringback::service]\npub trait Many {{\n{methods}}}\n")
}

fn ringback_program(methods: usize) -> String {
    let of_trait = ringback_trait(methods);
    let served = each(methods, |n| {
        format!(
            "    async fn method_{n}(&self, item: Item, _: u32) -> ringback::Result<Item> {{ Ok(item) }}\n"
        )
    });
    let calls = each(methods, |n| {
        format!("    item = many.method_{n}(item, {n}).await?;\n")
    });
    format!(
        "{ITEM}{of_trait}
struct Provider;

impl Many for Provider {{
{served}}}

#[tokio::main]
async fn main() -> ringback::Result<()> {{
    let server = ringback::Server::builder()
        .service(ManyServer::new(Provider))
        .bind(\"127.0.0.1:0\")
        .await?;
    let address = server.local_addr();
    tokio::spawn(server.run());
    let many = ManyClient::connect(address).await?;
    let mut item = Item {{ id: 0, text: String::new() }};
{calls}    println!(\"{{item:?}}\");
    Ok(())
}}
"
    )
}

fn tarpc_trait(methods: usize) -> String {
    let methods = each(methods, |n| {
        format!("    async fn method_{n}(item: Item, number: u32) -> Item;\n")
    });
    format!("#[tarpc::service]\npub trait Many {{\n{methods}}}\n")
}

fn tarpc_program(methods: usize) -> String {
    let of_trait = tarpc_trait(methods);
    let served = each(methods, |n| {
        format!(
            "    async fn method_{n}(self, _: Context, item: Item, _: u32) -> Item {{ item }}\n"
        )
    });
    let calls = each(methods, |n| {
        format!("    item = many.method_{n}(context::current(), item, {n}).await?;\n")
    });
    format!(
        "use futures::prelude::*;
use tarpc::context::{{self, Context}};
use tarpc::serde_transport::tcp;
use tarpc::server::{{BaseChannel, Channel}};
use tarpc::tokio_serde::formats::Bincode;
{ITEM}{of_trait}
#[derive(Clone)]
struct Provider;

impl Many for Provider {{
{served}}}

async fn spawn(work: impl Future<Output = ()> + Send + 'static) {{
    tokio::spawn(work);
}}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {{
    let mut incoming = tcp::listen(\"127.0.0.1:0\", Bincode::default).await?;
    let address = incoming.local_addr();
    tokio::spawn(async move {{
        if let Some(Ok(transport)) = incoming.next().await {{
            let requests = BaseChannel::with_defaults(transport).execute(Provider.serve());
            requests.for_each(spawn).await;
        }}
    }});
    let transport = tcp::connect(address, Bincode::default).await?;
    let many = ManyClient::new(tarpc::client::Config::default(), transport).spawn();
    let mut item = Item {{ id: 0, text: String::new() }};
{calls}    println!(\"{{item:?}}\");
    Ok(())
}}
"
    )
}
