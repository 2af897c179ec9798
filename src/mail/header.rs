//! Header bytes to [`super::Envelope`].
