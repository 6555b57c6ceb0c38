use ringback::service;

#[service]
pub trait Values {
    async fn number(&self) -> u64;
    async fn text(&self) -> String;
    async fn maybe(&self) -> Option<u8>;
    async fn many(&self) -> std::vec::Vec<(u8, String)>;
    async fn unit(&self) -> ();
    async fn borrowed(&self) -> &[u8];
}

fn main() {}
