@0xe4fe63046eaa8738;
# The service for Cap'n Proto.

struct Item {
  id @0 :UInt64;
  text @1 :Text;
}

# What is pushed to. A stream has no results and a window of bytes that are under way.
interface Listener {
  event @0 (item :Item) -> stream;
}

# What is asked.
interface Oracle {
  answer @0 (item :Item) -> (item :Item);
}

interface Bench {
  echo @0 (item :Item) -> (item :Item);
  echoBytes @1 (bytes :Data) -> (bytes :Data);
  register @2 (listener :Listener);
  push @3 (events :UInt64);
  question @4 (callers :UInt64, calls :UInt64, oracle :Oracle);
  hang @5 (calls :UInt64, oracle :Oracle);
}
