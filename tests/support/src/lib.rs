//! What the tests share: a client for each network, servers to talk to, receivers to listen with.
