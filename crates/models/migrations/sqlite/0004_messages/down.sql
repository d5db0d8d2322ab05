DROP TABLE conversations;
DROP TABLE messages;
