use ringback::{Result, service};

// What is wrong is said once: neither the implementation nor the uses of what would have been
// generated add a message.

#[service]
pub trait Listener {
    #[oneway]
    async fn changed(&self, message: String) -> Result<()>;
    #[timeout("5s")]
    async fn asked(&self, question: &mut String) -> Result<String>;
}

struct Printer;

impl Listener for Printer {
    async fn changed(&self, message: String) -> Result<()> {
        println!("{message}");
        Ok(())
    }

    async fn asked(&self, question: &mut String) -> Result<String> {
        Ok(question.clone())
    }
}

struct Listeners {
    all: Vec<ListenerProxy>,
}

async fn uses(listeners: Listeners, client: ListenerClient) -> Result<()> {
    let listener = ListenerProxy::new(Printer);
    listener.changed("one".to_owned()).await?;
    for listener in listeners.all {
        listener.changed("two".to_owned()).await?;
    }
    client.changed("three".to_owned()).await?;
    let server = ListenerServer::new(Printer);
    drop(server);
    Ok(())
}

fn main() {}
