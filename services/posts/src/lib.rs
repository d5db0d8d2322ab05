//! What is said in public: posts, comments, reactions, follows, notifications, pages.
