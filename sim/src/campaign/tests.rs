//! What a campaign draws, and that what it finds is explicit.
