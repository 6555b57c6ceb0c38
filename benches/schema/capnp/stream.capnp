@0x86c366a91393f3f8;
# What `-> stream` stands for, by the ids that it has everywhere. Debian's package of the schema compiler
# alone leaves it out.

struct StreamResult @0x995f9a3377c0b16e {}
