DROP TABLE notifications;
DROP TABLE blocks;
DROP TABLE follows;
DROP TABLE reactions;
DROP TABLE posts;
