//! Generates what peers generate at build time.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "tonic")]
    tonic();
    #[cfg(feature = "capnp")]
    capnp();
}

#[cfg(feature = "capnp")]
fn capnp() {
    println!("cargo::rerun-if-changed=schema/bench.capnp");
    let compiled = capnpc::CompilerCommand::new()
        .import_path("schema")
        .file("schema/bench.capnp")
        .default_parent_module(["peers".into(), "capnp".into()].to_vec())
        .run();
    if let Err(why) = compiled {
        panic!("is the schema compiler there (README, \"The peers\")? {why}");
    }
}

/// The service for tonic, from code instead of a `.proto` file, for which `protoc` would be needed. What
/// comes out is the same.
#[cfg(feature = "tonic")]
fn tonic() {
    use tonic_build::manual::{Builder, Method, Service};

    let method = |name: &str, route: &str, input: &str, output: &str| {
        Method::builder()
            .name(name)
            .route_name(route)
            .input_type(format!("super::{input}"))
            .output_type(format!("super::{output}"))
            .codec_path("tonic_prost::ProstCodec")
    };
    let service = Service::builder()
        .name("Bench")
        .package("bench")
        .method(method("echo", "Echo", "Message", "Message").build())
        .method(method("echo_bytes", "EchoBytes", "ByteString", "ByteString").build())
        .method(method("push", "Push", "Number", "Unit").build())
        .method(
            method("subscribe", "Subscribe", "Unit", "Message")
                .server_streaming()
                .build(),
        )
        .method(
            method("converse", "Converse", "Message", "Message")
                .client_streaming()
                .server_streaming()
                .build(),
        )
        .build();
    Builder::new().compile(&[service]);
}
