use ringback::CallbackProxy;

struct Printer;

fn main() {
    CallbackProxy::<String>::new(Printer);
    CallbackProxy::<String>::new(async |percent: u8| {
        println!("{percent} %");
        Ok(())
    });
    CallbackProxy::<String, bool>::new(async |question: String| {
        println!("{question}");
    });
}
