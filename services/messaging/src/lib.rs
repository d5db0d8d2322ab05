//! What is said in private: inbox and conversations.
