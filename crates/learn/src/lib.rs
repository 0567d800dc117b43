//! Vectors and models: static embeddings, quantisation, exact and approximate scans.
