//! The rules of the cluster against a model of what may go wrong, and against a real server.

mod two_holders;
