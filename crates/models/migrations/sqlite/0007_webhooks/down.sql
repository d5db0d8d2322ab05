DROP TABLE delivery_turns;
DROP TABLE delivery_attempts;
DROP TABLE deliveries;
DROP TABLE webhooks;
